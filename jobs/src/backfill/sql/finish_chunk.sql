update insights.backfill_chunks
   set state = 'done', missing = $3, seconds = $4, finished_at = now()
 where run_id = $1 and seq = $2
