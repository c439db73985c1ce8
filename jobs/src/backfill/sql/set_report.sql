update insights.backfill_runs
   set report = $2, rows_read = $3, accepted = $4, quarantined = $5, skipped = $6, updated_at = now()
 where run_id = $1
