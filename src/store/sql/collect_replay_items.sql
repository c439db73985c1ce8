-- Looks how released letters' jobs ended. The history has no b-tree: its rows are found by the range of the jobs' ids and the
-- time since the first was released. The next letter of an ordering key's is no longer behind.
with asked as materialized (
    select queue, letter, job, fingerprint, ordering_key, released_at
      from windlass.replay_items
     where replay = $1 and state = 'running'
     order by place
     limit 5000
), over as materialized (
    select a.*
      from asked a
      left join windlass.jobs j on j.queue = a.queue and j.id = a.job
     where j.id is null
), span as materialized (
    select (array_agg(job order by job))[1] as first, (array_agg(job order by job desc))[1] as last, min(released_at) as since
      from over
), judged as materialized (
    select o.queue, o.letter, o.ordering_key,
           case
               when d.fingerprint = o.fingerprint then 'died_same'
               when d.id is not null then 'died_other'
               when h.outcome = 'completed' then 'succeeded'
               else 'ended'
           end as state,
           case
               when d.id is not null then d.reason
               when h.outcome is null then 'its queue remembers nothing of jobs that ended'
               when h.outcome <> 'completed' then h.outcome
           end as note
      from over o
      left join windlass.dead_letters d on d.queue = o.queue and d.id = o.job
      left join windlass.history h
             on h.id = o.job and h.queue = o.queue
            and h.id between (select first from span) and (select last from span)
            and h.ended_at >= (select since from span)
), marked as (
    update windlass.replay_items i
       set state = j.state, note = j.note, ended_at = coalesce($2::timestamptz, statement_timestamp())
      from judged j
     where i.queue = j.queue and i.replay = $1 and i.letter = j.letter
), next as (
    update windlass.replay_items i
       set state = 'waiting'
      from judged j
     cross join lateral (
           select letter from windlass.replay_items b
            where b.queue = j.queue and b.replay = $1 and b.ordering_key = j.ordering_key and b.state = 'behind'
            order by place
            limit 1) n
     where i.queue = j.queue and i.replay = $1 and i.letter = n.letter
)
select count(*) filter (where state = 'succeeded')::integer as succeeded,
       count(*) filter (where state = 'died_same')::integer as died_same,
       count(*) filter (where state = 'died_other')::integer as died_other,
       count(*) filter (where state = 'ended')::integer as ended
  from judged
