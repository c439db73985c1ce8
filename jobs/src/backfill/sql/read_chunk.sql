select seq, byte_from, byte_to, after_key, upto_key, first_row, rows, sha256, state
  from insights.backfill_chunks
 where run_id = $1 and seq = $2
