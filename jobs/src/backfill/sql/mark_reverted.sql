update insights.backfill_runs
   set state = 'cancelled', reverted_at = now(), updated_at = now()
 where run_id = $1
