copy insights.backfill_staging (run_id, row_no, raw_from, raw_bytes, seq, reasons, key, content_hash, cells) from stdin
