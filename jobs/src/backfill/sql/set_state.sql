update insights.backfill_runs
   set state = $2, failure = $3, updated_at = now(), held_back_by = null,
       finished_at = case when $2 in ('done', 'failed', 'cancelled') then now() end
 where run_id = $1
