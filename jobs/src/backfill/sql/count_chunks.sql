update insights.backfill_chunks c
   set accepted = n.accepted, quarantined = n.quarantined, skipped = n.skipped
  from (select seq, count(*) filter (where reasons = 0 and not skipped) as accepted,
               count(*) filter (where reasons <> 0) as quarantined, count(*) filter (where skipped) as skipped
          from insights.backfill_staging
         where run_id = $1
         group by seq) n
 where c.run_id = $1 and c.seq = n.seq
