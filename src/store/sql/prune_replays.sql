-- Replays that ended longer ago than $1 seconds, one at a time, with their letters' fates.
with old as (
    select id from windlass.replays
     where coalesce(ended_at, planned_at) < coalesce($2::timestamptz, statement_timestamp()) - $1::bigint * interval '1 second'
       and state in ('planned', 'done', 'aborted') and running = 0
     order by planned_at
     limit 1
       for update skip locked
), items as (
    delete from windlass.replay_items where replay = any(array(select id from old))
)
delete from windlass.replays where id = any(array(select id from old))
