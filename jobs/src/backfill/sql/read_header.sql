select header from insights.backfill_runs where run_id = $1
