-- What came of releasing letters of one queue: a job, or what was in the way. Where nothing was released, the next of its
-- ordering key has its turn.
with done as materialized (
    select * from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]) as t (letter, state, job, note)
), marked as (
    update windlass.replay_items i
       set state = d.state,
           job = d.job,
           released_at = case when d.job is not null then coalesce($7::timestamptz, statement_timestamp()) end,
           note = coalesce(d.note, case when d.state = 'gone' then (
               select case
                          when l.replayed_by is not null then 'replayed by ' || l.replayed_by || ' as job ' || l.replayed_as
                          else 'discarded'
                      end
                 from windlass.dead_letters l where l.queue = $1 and l.id = d.letter) end)
      from done d
     where i.queue = $1 and i.replay = $2 and i.letter = d.letter
    returning i.ordering_key, i.state
)
update windlass.replay_items i
   set state = 'waiting'
  from marked m
 cross join lateral (
       select letter from windlass.replay_items b
        where b.queue = $1 and b.replay = $2 and b.ordering_key = m.ordering_key and b.state = 'behind'
        order by place
        limit 1) n
 where m.state <> 'running' and m.ordering_key is not null
   and i.queue = $1 and i.replay = $2 and i.letter = n.letter
