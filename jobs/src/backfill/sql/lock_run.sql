select run_id, op, target, state, spec, report, failure, held_back_by, backup_ref, total_rows, source_bytes, rows_read,
       accepted, quarantined, skipped, duty, created_at, started_at, finished_at, reverted_at
  from insights.backfill_runs
 where run_id = $1
   for update
