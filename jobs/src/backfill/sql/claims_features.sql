-- Old and new claims in the order of time, as gates 2 to 4 look at them. Ids stand in the order of their bytes.
select event_date, claim_id, quantity, amount_cents, evidence_count, prior_claims, days, label from (
    select event_date, claim_id, quantity, amount_cents, evidence_count, prior_claims, filed_date - event_date as days, label
      from insights.claims
     where run_id is distinct from $1
     union all
    select (cells ->> 4)::date, key, (cells ->> 8)::integer, (cells ->> 9)::bigint, (cells ->> 10)::integer,
           (cells ->> 11)::integer, (cells ->> 5)::date - (cells ->> 4)::date, cells ->> 12
      from insights.backfill_staging
     where run_id = $1 and reasons = 0 and not skipped) old_and_new
 order by event_date, claim_id collate "C"
