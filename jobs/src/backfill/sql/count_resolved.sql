-- The counts of the row's chunk ($2) and of its run follow: what is read is still what is accepted, in quarantine and skipped.
with chunk as (
    update insights.backfill_chunks
       set quarantined = quarantined - 1, accepted = accepted + (not $3)::integer, skipped = skipped + $3::integer
     where run_id = $1 and seq = $2
    returning 1)
update insights.backfill_runs
   set quarantined = quarantined - 1, accepted = accepted + (not $3)::integer, skipped = skipped + $3::integer, updated_at = now()
 where run_id = $1 and (select count(*) from chunk) = 1
