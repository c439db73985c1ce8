update insights.backfill_runs set held_back_by = $2, updated_at = now() where run_id = $1 and held_back_by is distinct from $2
