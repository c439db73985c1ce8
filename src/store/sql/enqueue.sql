-- Any number of jobs in one statement, the key ledger included.
--
-- A key's holder that commits at this very moment is invisible to `on conflict do nothing`, which would then answer
-- nothing at all; a no-op update waits for it and returns it. A key whose time is over changes hands in that update. Keys
-- are taken in order, so that two producers of the same keys cannot deadlock; of the same key twice in one batch the first
-- makes the job. The same key with other arguments is told by the fingerprint, which is taken here: whoever enqueues, in
-- whatever language, the same arguments have the same one.
with at as materialized (
    select coalesce($1::timestamptz, statement_timestamp()) as now
), asked as materialized (
    select *,
           case when unique_key is not null
                then substr(sha256(convert_to(coalesce(identity, args)::text, 'UTF8')), 1, 16)
           end as fingerprint
      from unnest(
        $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::smallint[], $8::timestamptz[],
        $9::bigint[], $10::timestamptz[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::text[],
        $16::jsonb[], $17::boolean[], $18::bigint[], $19::text[], $20::text[]
    ) with ordinality as t (
        id, queue, kind, args, args_version, priority, scheduled_at,
        delay_us, expires_at, max_failures, unique_key, ordering_key, subject, traceparent,
        identity, key_ends, key_for_us, key_per, key_zone, place
    )
), held as (
    insert into windlass.unique_keys as k (queue, kind, key, job_id, fingerprint, created_at, expires_at)
    select distinct on (queue, kind, unique_key)
           queue, kind, unique_key, id, fingerprint, at.now,
           case
               when key_for_us is not null then at.now + key_for_us * interval '1 microsecond'
               when key_per is not null
               then (date_trunc(key_per, at.now at time zone key_zone) + ('1 ' || key_per)::interval) at time zone key_zone
           end
      from asked, at
     where unique_key is not null
     order by queue, kind, unique_key, place
    on conflict (queue, kind, key) do update
       set job_id = case when k.expires_at <= excluded.created_at then excluded.job_id else k.job_id end,
           fingerprint = case when k.expires_at <= excluded.created_at then excluded.fingerprint else k.fingerprint end,
           created_at = case when k.expires_at <= excluded.created_at then excluded.created_at else k.created_at end,
           expires_at = case when k.expires_at <= excluded.created_at then excluded.expires_at else k.expires_at end
    returning k.queue, k.kind, k.key, k.job_id, k.fingerprint
), answered as materialized (
    select a.*, coalesce(h.job_id, a.id) as holder, coalesce(h.fingerprint = a.fingerprint, true) as same
      from asked a
      left join held h on h.queue = a.queue and h.kind = a.kind and h.key = a.unique_key
), created as (
    insert into windlass.jobs (
        id, queue, kind, args, args_version, priority, scheduled_at, expires_at, max_failures,
        unique_key, key_ends, ordering_key, subject, traceparent, created_at)
    select id, queue, kind, args, args_version, priority,
           coalesce(scheduled_at, at.now + delay_us * interval '1 microsecond'),
           expires_at, max_failures, unique_key, key_ends, ordering_key, subject, traceparent, at.now
      from answered, at
     where holder = id
)
select holder,
       holder = id as created,
       same,
       case when holder <> id then windlass.standing(queue, holder) end as standing
  from answered
 order by place
