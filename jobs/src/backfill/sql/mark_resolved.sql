update insights.backfill_quarantine set resolved_at = now() where run_id = $1 and row_no between $2 and $3
