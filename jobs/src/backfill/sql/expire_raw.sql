-- Raw rows have their days; then their hash is enough.
update insights.backfill_quarantine q set raw = null
  from (select run_id, row_no from insights.backfill_quarantine
         where raw is not null and created_at < now() - make_interval(days => $1)
         order by created_at limit $2 for update skip locked) old
 where q.run_id = old.run_id and q.row_no = old.row_no
