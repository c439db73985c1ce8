-- The next chunks, as many as may still run at once. The run's row is locked.
with open as (
    select seq, state from insights.backfill_chunks where run_id = $1 and state <> 'done'),
next as (
    select seq from open where state = 'planned' order by seq
     limit greatest($2 - (select count(*) from open where state = 'queued'), 0))
update insights.backfill_chunks c set state = 'queued' from next where c.run_id = $1 and c.seq = next.seq
returning c.seq
