-- The chunks that were done last, in the order in which they were.
select rows, seconds from (
    select rows, seconds, finished_at, seq from insights.backfill_chunks where run_id = $1 and state = 'done'
     order by finished_at desc, seq desc limit $2) newest
 order by finished_at, seq
