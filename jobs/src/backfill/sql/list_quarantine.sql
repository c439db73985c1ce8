select row_no, key, reasons, resolved_at is not null as resolved
  from insights.backfill_quarantine
 where run_id = $1 and row_no > $2
 order by row_no
 limit $3
