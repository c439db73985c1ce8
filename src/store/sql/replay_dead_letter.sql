-- One statement: of two people who replay the same letter, one gets a row. The new job has its own id and a fresh
-- budget; it takes over the letter's key, unless somebody else holds that by now; and the letter stays as the record.
-- A key for a time that is over and forgotten stays free: taken here, it would be held for ever.
with letter as materialized (
    select d.*
      from windlass.queues q
      join windlass.dead_letters d on d.queue = q.name and d.id = $1 and d.replayed_at is null
       for update of d
), held as (
    insert into windlass.unique_keys as k (queue, kind, key, job_id, fingerprint, created_at)
    select queue, kind, unique_key, $2, key_fingerprint, coalesce($5::timestamptz, statement_timestamp())
      from letter l
     where unique_key is not null
       and (key_ends or exists (
            select from windlass.unique_keys o where o.queue = l.queue and o.kind = l.kind and o.key = l.unique_key))
    on conflict (queue, kind, key) do update
       set job_id = case
               when k.job_id = $1 or k.expires_at <= excluded.created_at then excluded.job_id else k.job_id
           end,
           -- For the pruner, which may be looking at an older picture of the jobs.
           created_at = excluded.created_at
    returning k.job_id
), free as materialized (
    select l.*, coalesce((select job_id from held), $2) as holder from letter l
), marked as (
    update windlass.dead_letters d
       set replayed_at = coalesce($5::timestamptz, statement_timestamp()),
           replayed_as = $2,
           replayed_by = $3,
           replayed_why = $4
      from free f
     where d.queue = f.queue and d.id = f.id and f.holder = $2
), created as (
    insert into windlass.jobs (
        id, queue, kind, args, args_version, priority, scheduled_at, max_failures,
        unique_key, key_ends, ordering_key, subject, traceparent, checkpoint, created_at)
    select $2, queue, kind, args, args_version, priority, coalesce($5::timestamptz, statement_timestamp()), max_failures,
           unique_key, key_ends, ordering_key, subject, traceparent, checkpoint,
           coalesce($5::timestamptz, statement_timestamp())
      from free
     where holder = $2
)
select holder from free
