select reasons, skipped from insights.backfill_staging where run_id = $1 and row_no = $2
