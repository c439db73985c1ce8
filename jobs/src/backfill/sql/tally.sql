select reasons, skipped, count(*) as rows from insights.backfill_staging where run_id = $1 group by reasons, skipped
