select count(i.interaction_id) as rows, coalesce(sum(i.duration_s), 0)::bigint as amount, count(*) as staged_rows,
       coalesce(sum((s.cells ->> 10)::integer), 0)::bigint as staged_amount
  from insights.backfill_staging s
  left join insights.subjects p on p.source = $2 and p.external_id = s.cells ->> 1
  left join insights.interactions i on i.subject_id = p.subject_id and i.interaction_id = s.key
                                   and i.day = ((s.cells ->> 2)::timestamptz at time zone 'UTC')::date
 where s.run_id = $1 and s.reasons = 0 and not s.skipped
