select count(*) filter (where treatment) as treatment, count(*) filter (where not treatment) as control
  from (select coalesce(a.archetype, 'generalist') as archetype,
               get_byte(sha256(convert_to($1 || ':' || p.external_id, 'UTF8')), 0) < 128 as treatment
          from insights.learners l
          join insights.subjects p on p.subject_id = l.subject_id
          left join insights.learner_metrics a on a.subject_id = l.subject_id
         where p.erased_at is null) as arms
 group by archetype
