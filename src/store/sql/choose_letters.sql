-- Chooses open letters once and writes each down, the oldest job first; what dies later is not among them. Of one ordering key
-- the first waits, the others behind it. The key itself is not kept: it may be a person's. Nothing, where somebody else is at it.
with plan as materialized (
    select id, planned_at, queues from windlass.replays where id = $1 and state = 'planning' for update skip locked
), chosen as materialized (
    select d.queue, d.id, d.kind, d.fingerprint, d.died_at,
           encode(substr(sha256(convert_to(d.ordering_key, 'UTF8')), 1, 8), 'hex') as ordering_key,
           row_number() over (order by d.id) as place,
           row_number() over (partition by d.queue, d.ordering_key order by d.id) as turn
      from plan p
      join windlass.dead_letters d on d.queue = any(p.queues) and d.died_at <= p.planned_at
     where d.replayed_at is null and d.discarded_at is null
       and ($2::text is null or d.fingerprint = $2)
       and ($3::text is null or d.kind = $3)
       and ($4::timestamptz is null or d.died_at >= $4)
       and ($5::timestamptz is null or d.died_at <= $5)
       and ($6::text is null or d.revision = $6)
       and ($7::text[] is null or d.args #> $7 = $8::jsonb)
       and ($9::uuid[] is null or d.id = any($9))
), items as (
    insert into windlass.replay_items (replay, queue, letter, kind, fingerprint, ordering_key, place, state)
    select $1, queue, id, kind, fingerprint, ordering_key, place,
           case when ordering_key is not null and turn > 1 then 'behind' else 'waiting' end
      from chosen
)
update windlass.replays r
   set letters = c.letters, waiting = c.letters, oldest_at = c.oldest_at, state = 'planned'
  from (select count(*)::integer as letters, min(died_at) as oldest_at from chosen) c, plan p
 where r.id = p.id
