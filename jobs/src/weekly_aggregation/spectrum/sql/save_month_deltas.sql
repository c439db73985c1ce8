-- A month bears on its own difference and on the next one's.
update insights.spectrum_monthly t
   set valence_delta = d.delta, computed_at = now()
  from (select m.subject_id, m.month, m.valence - b.valence as delta
          from (select distinct c.subject_id, (c.month + step * interval '1 month')::date as month
                  from unnest($1::bigint[], $2::date[]) as c (subject_id, month)
                 cross join (values (0), (1)) as steps (step)) as c
          join insights.spectrum_monthly m on m.subject_id = c.subject_id and m.month = c.month and m.status = 'ok'
          left join insights.spectrum_monthly b
            on b.subject_id = c.subject_id and b.month = (c.month - interval '1 month')::date and b.status = 'ok') as d
 where t.subject_id = d.subject_id and t.month = d.month and t.valence_delta is distinct from d.delta
returning t.subject_id, t.month
