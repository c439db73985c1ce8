-- Chooses open letters once and writes each down, the oldest job first; what dies later is not among them. Of one ordering key
-- the first waits, the others behind it. The key itself is not kept: it may be a person's.
with chosen as materialized (
    select d.queue, d.id, d.kind, d.fingerprint, d.died_at,
           encode(substr(sha256(convert_to(d.ordering_key, 'UTF8')), 1, 8), 'hex') as ordering_key,
           row_number() over (order by d.id) as place,
           row_number() over (partition by d.queue, d.ordering_key order by d.id) as turn
      from windlass.dead_letters d
     where d.queue = any($2::text[])
       and d.replayed_at is null and d.discarded_at is null
       and ($3::text is null or d.fingerprint = $3)
       and ($4::text is null or d.kind = $4)
       and ($5::timestamptz is null or d.died_at >= $5)
       and ($6::timestamptz is null or d.died_at <= $6)
       and ($7::text is null or d.revision = $7)
       and ($8::text[] is null or d.args #> $8 = $9::jsonb)
       and ($14::uuid[] is null or d.id = any($14))
), items as (
    insert into windlass.replay_items (replay, queue, letter, kind, fingerprint, ordering_key, place, state)
    select $1, queue, id, kind, fingerprint, ordering_key, place,
           case when ordering_key is not null and turn > 1 then 'behind' else 'waiting' end
      from chosen
)
insert into windlass.replays (id, planned_at, oldest_at, letters, waiting, planned_by, why, filter)
select $1, coalesce($10::timestamptz, statement_timestamp()), min(died_at), count(*), count(*), $11, $12, $13::jsonb
  from chosen
returning letters
