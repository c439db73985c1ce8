-- One statement: of two people who replay the same letter, one gets a row. The new job has its own id and a fresh
-- budget; it takes over the letter's key, and the letter stays as the record.
with letter as (
    update windlass.dead_letters d
       set replayed_at = coalesce($5::timestamptz, statement_timestamp()),
           replayed_as = $2,
           replayed_by = $3,
           replayed_why = $4
      from windlass.queues q
     where d.queue = q.name and d.id = $1 and d.replayed_at is null
    returning d.*
), inherited as (
    update windlass.unique_keys k
       set job_id = $2
      from letter l
     where k.queue = l.queue and k.kind = l.kind and k.key = l.unique_key
)
insert into windlass.jobs (
    id, queue, kind, args, args_version, priority, scheduled_at, max_failures,
    unique_key, ordering_key, subject, traceparent, checkpoint, created_at)
select $2, queue, kind, args, args_version, priority, coalesce($5::timestamptz, statement_timestamp()), max_failures,
       unique_key, ordering_key, subject, traceparent, checkpoint, coalesce($5::timestamptz, statement_timestamp())
  from letter
returning queue
