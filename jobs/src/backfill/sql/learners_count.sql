select count(l.subject_id) as rows, 0::bigint as amount, count(*) as staged_rows, 0::bigint as staged_amount
  from insights.backfill_staging s
  left join insights.subjects p on p.source = $2 and p.external_id = s.key
  left join insights.learners l on l.subject_id = p.subject_id
 where s.run_id = $1 and s.reasons = 0 and not s.skipped
