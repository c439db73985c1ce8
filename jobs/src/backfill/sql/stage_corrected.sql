-- A corrected row in place of one that waits in quarantine; in the chunk that its place belongs to.
insert into insights.backfill_staging (run_id, row_no, raw_from, raw_bytes, seq, reasons, key, content_hash, cells)
select q.run_id, q.row_no, 0, $3, c.seq, 0, $4, $5, $6
  from insights.backfill_quarantine q
  join insights.backfill_chunks c on c.run_id = q.run_id and q.row_no between c.first_row and c.first_row + c.rows - 1
 where q.run_id = $1 and q.row_no = $2 and q.resolved_at is null
returning seq
