select (select count(*) from insights.claims where run_id = $1) as rows,
       (select coalesce(sum(amount_cents), 0)::bigint from insights.claims where run_id = $1) as amount,
       count(*) as staged_rows,
       coalesce(sum((cells ->> 9)::bigint), 0)::bigint as staged_amount
  from insights.backfill_staging
 where run_id = $1 and reasons = 0 and not skipped and $2::text is not null
