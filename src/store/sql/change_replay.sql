-- Moves a replay from one of the states $2 to $3, if that is where it is; sets its pace where it is said.
update windlass.replays r
   set state = case when $3 = 'resume' then coalesce(was.paused_from, 'canary') else $3 end,
       paused_from = case when $3 = 'paused' then was.state end,
       stopped_why = $4,
       canary = coalesce($5, r.canary),
       rate = coalesce($6, r.rate),
       concurrency = coalesce($7, r.concurrency),
       stop_share = coalesce($8, r.stop_share),
       started_at = case
           when $3 in ('planned', 'aborted') then r.started_at
           else coalesce(r.started_at, $9::timestamptz, statement_timestamp())
       end,
       -- From a stop it goes on with new canaries; from a pause where it was.
       cycle_at = case
           when $3 in ('canary', 'resume') and was.state <> 'paused' then coalesce($9::timestamptz, statement_timestamp())
           else r.cycle_at
       end,
       probed = case when $3 in ('canary', 'resume') and was.state <> 'paused' then 0 else r.probed end,
       filled_at = coalesce($9::timestamptz, statement_timestamp()),
       tokens = 0,
       ended_at = case when $3 in ('done', 'aborted') then coalesce($9::timestamptz, statement_timestamp()) end
  from (select id, state, paused_from from windlass.replays where id = $1 for update) was
 where r.id = was.id and was.state = any($2::text[])
returning was.state as state_before, r.state as state_after
