select coalesce(sum(missing), 0)::bigint from insights.backfill_chunks where run_id = $1
