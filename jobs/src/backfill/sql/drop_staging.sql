delete from insights.backfill_staging where run_id = $1
