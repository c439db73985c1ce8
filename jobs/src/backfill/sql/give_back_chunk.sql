update insights.backfill_chunks set state = 'planned' where run_id = $1 and seq = $2 and state = 'queued'
