update insights.backfill_runs set report = $2, rows_read = $3, accepted = $3, total_rows = $3, updated_at = now() where run_id = $1
