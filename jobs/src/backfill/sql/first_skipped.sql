select row_no from insights.backfill_staging where run_id = $1 and skipped order by row_no limit $2
