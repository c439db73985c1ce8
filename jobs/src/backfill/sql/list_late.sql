-- Rows that other rows have put into quarantine, after the one before.
select row_no, seq, raw_from, raw_bytes, key, reasons
  from insights.backfill_staging
 where run_id = $1 and row_no > $2 and reasons > 255
 order by row_no
 limit $3
