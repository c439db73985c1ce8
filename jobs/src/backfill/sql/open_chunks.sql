select count(*) from insights.backfill_chunks where run_id = $1 and state <> 'done'
