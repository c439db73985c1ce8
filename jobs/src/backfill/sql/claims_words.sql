-- The words of claims that are in, and of those that the run adds.
select 'before' as part, source, claim_type, label, split, count(*) as claims
  from insights.claims
 where run_id is distinct from $1
 group by source, claim_type, label, split
 union all
select 'added', cells ->> 2, cells ->> 3, cells ->> 12, null, count(*)
  from insights.backfill_staging
 where run_id = $1 and reasons = 0 and not skipped
 group by cells ->> 2, cells ->> 3, cells ->> 12
