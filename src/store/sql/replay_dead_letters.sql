-- Makes new jobs ($3) of letters ($2) of one queue, each once: of two people who replay the same letter, one gets a row that
-- says so. The new job has its own id and a fresh budget ($8: another one), and a priority of its own ($7); it takes over the
-- letter's key, unless somebody else holds that by now; and the letter stays as the record. A key for a time that is over and
-- forgotten stays free: taken here, it would be held for ever.
-- What was discarded is not brought back. For each letter that could be: who holds its key.
with asked as materialized (
    select * from unnest($2::uuid[], $3::uuid[]) as t (id, again)
), letter as materialized (
    select d.*, a.again
      from asked a
      join windlass.dead_letters d on d.queue = $1 and d.id = a.id
     where d.replayed_at is null and d.discarded_at is null
     order by d.id
       for update of d
), keyed as materialized (
    -- Of two letters with one key in one batch, the first.
    select distinct on (kind, unique_key) *
      from letter
     where unique_key is not null
     order by kind, unique_key, id
), held as (
    insert into windlass.unique_keys as k (queue, kind, key, job_id, fingerprint, created_at)
    select $1, l.kind, l.unique_key, l.again, l.key_fingerprint, coalesce($6::timestamptz, statement_timestamp())
      from keyed l
     where l.key_ends or exists (
            select from windlass.unique_keys o where o.queue = $1 and o.kind = l.kind and o.key = l.unique_key)
     order by l.kind, l.unique_key
    on conflict (queue, kind, key) do update
       set job_id = case
               when k.job_id = any($2) or k.expires_at <= excluded.created_at then excluded.job_id else k.job_id
           end,
           -- For the pruner, which may be looking at an older picture of the jobs.
           created_at = excluded.created_at
    returning k.kind, k.key, k.job_id
), free as materialized (
    select l.*,
           case
               when l.unique_key is null then l.again
               else coalesce(h.job_id, (select f.again from keyed f where f.kind = l.kind and f.unique_key = l.unique_key))
           end as holder
      from letter l
      left join held h on h.kind = l.kind and h.key = l.unique_key
), marked as (
    update windlass.dead_letters d
       set replayed_at = coalesce($6::timestamptz, statement_timestamp()),
           replayed_as = f.again,
           replayed_by = $4,
           replayed_why = $5
      from free f
     where d.queue = $1 and d.id = f.id and f.holder = f.again
), tallied as (
    insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, open)
    select $1, fingerprint, kind, reason, coalesce($6::timestamptz, statement_timestamp()), -count(*)
      from free
     where holder = again
     group by fingerprint, kind, reason
), created as (
    insert into windlass.jobs (
        id, queue, kind, args, args_version, priority, scheduled_at, max_failures,
        unique_key, key_ends, ordering_key, subject, traceparent, checkpoint, created_at)
    select again, $1, kind, args, args_version, coalesce($7::smallint, priority),
           coalesce($6::timestamptz, statement_timestamp()), coalesce($8::integer, max_failures),
           unique_key, key_ends, ordering_key, subject, traceparent, checkpoint,
           coalesce($6::timestamptz, statement_timestamp())
      from free
     where holder = again
)
select id, holder from free
