delete from insights.backfill_staging where run_id = $1 and row_no between $2 and $3
