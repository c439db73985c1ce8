-- Any number of jobs without idempotency keys in one statement: nearly all there are, and so apart from the others (`enqueue`), whose
-- statement takes a quarter of a millisecond to begin with.
insert into windlass.jobs (
    id, queue, kind, args, args_version, priority, scheduled_at, expires_at, max_failures, ordering_key, subject, traceparent,
    created_at)
select id, queue, kind, args, args_version, priority,
       coalesce(scheduled_at, coalesce($1::timestamptz, statement_timestamp()) + delay_us * interval '1 microsecond'),
       expires_at, max_failures, ordering_key, subject, traceparent, coalesce($1::timestamptz, statement_timestamp())
  from unnest(
    $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::smallint[], $8::timestamptz[],
    $9::bigint[], $10::timestamptz[], $11::integer[], $12::text[], $13::text[], $14::text[]
) as t (
    id, queue, kind, args, args_version, priority, scheduled_at,
    delay_us, expires_at, max_failures, ordering_key, subject, traceparent
)
