-- Any number of jobs in one statement, the key ledger included.
--
-- A key's holder that commits at this very moment is invisible to `on conflict do nothing`, which would then answer
-- nothing at all; a no-op update waits for it and returns it. Keys are taken in order, so that two producers of the
-- same keys cannot deadlock; of the same key twice in one batch the first makes the job.
with asked as (
    select * from unnest(
        $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::smallint[], $8::timestamptz[],
        $9::bigint[], $10::timestamptz[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::text[]
    ) with ordinality as t (
        id, queue, kind, args, args_version, priority, scheduled_at,
        delay_us, expires_at, max_failures, unique_key, ordering_key, subject, traceparent, place
    )
), held as (
    insert into windlass.unique_keys as k (queue, kind, key, job_id, created_at)
    select distinct on (queue, kind, unique_key)
           queue, kind, unique_key, id, coalesce($1::timestamptz, statement_timestamp())
      from asked
     where unique_key is not null
     order by queue, kind, unique_key, place
    on conflict (queue, kind, key) do update set job_id = k.job_id
    returning k.queue, k.kind, k.key, k.job_id
), answered as (
    select a.*, coalesce(h.job_id, a.id) as holder
      from asked a
      left join held h on h.queue = a.queue and h.kind = a.kind and h.key = a.unique_key
), created as (
    insert into windlass.jobs (
        id, queue, kind, args, args_version, priority, scheduled_at, expires_at, max_failures,
        unique_key, ordering_key, subject, traceparent, created_at)
    select id, queue, kind, args, args_version, priority,
           coalesce(scheduled_at, coalesce($1::timestamptz, statement_timestamp()) + delay_us * interval '1 microsecond'),
           expires_at, max_failures, unique_key, ordering_key, subject, traceparent,
           coalesce($1::timestamptz, statement_timestamp())
      from answered
     where holder = id
)
select holder, holder = id as created from answered order by place
