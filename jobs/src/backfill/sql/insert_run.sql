insert into insights.backfill_runs (run_id, op, target, spec, spec_hash, total_rows, source_bytes, source_sha256, backup_ref,
                                    duty, parallel, header, state, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'running', now())
    on conflict do nothing
returning run_id
