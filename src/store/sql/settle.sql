-- Ends one batch of attempts of one queue, session and attempt number: completed ($4), cancelled ($5), and the rest
-- ($7 …) which go back to wait or are buried. Fenced: a row that is no longer this session's at this attempt is not
-- touched, and the ids that are returned are the ones that counted.
--
-- The fence is an equality beside `id = any(…)` because a join with unnest(ids, attempts) costs half the throughput.
with completed as (
    delete from windlass.jobs
     where queue = $1 and leased_by = $2 and attempt = $3 and id = any($4::uuid[])
    returning id, kind, attempt, failures, subject, created_at, scheduled_at, attempted_at
), cancelled as (
    delete from windlass.jobs
     where queue = $1 and leased_by = $2 and attempt = $3 and id = any($5::uuid[])
    returning id, kind, attempt, failures, subject, created_at, scheduled_at, attempted_at
), remembered as (
    insert into windlass.history (
        queue, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at, ended_at)
    select $1, id, kind, 'completed', attempt, failures, subject, created_at, scheduled_at, attempted_at,
           coalesce($6::timestamptz, statement_timestamp())
      from completed
    union all
    select $1, id, kind, 'cancelled', attempt, failures, subject, created_at, scheduled_at, attempted_at,
           coalesce($6::timestamptz, statement_timestamp())
      from cancelled
), rest as (
    select * from unnest(
        $7::uuid[], $8::boolean[], $9::boolean[], $10::bigint[], $11::text[], $12::text[], $13::text[]
    ) as t (id, buried, failed, delay_us, reason, error, fingerprint)
), waiting as (
    update windlass.jobs j
       set state = 'available',
           leased_by = null,
           failures = j.failures + r.failed::integer,
           scheduled_at = coalesce($6::timestamptz, statement_timestamp()) + r.delay_us * interval '1 microsecond'
      from rest r
     where j.queue = $1 and j.id = r.id and j.leased_by = $2 and j.attempt = $3 and not r.buried
    returning j.id, j.kind, j.attempt, j.subject, j.attempted_at, r.failed, r.reason, r.error
), dead as (
    delete from windlass.jobs j
     using rest r
     where j.queue = $1 and j.id = r.id and j.leased_by = $2 and j.attempt = $3 and r.buried
    returning j.*, r.reason, r.error, r.fingerprint
), buried as (
    insert into windlass.dead_letters (
        queue, id, kind, args, args_version, priority, attempt, failures, max_failures, crashes, reason, error, fingerprint,
        unique_key, ordering_key, subject, traceparent, checkpoint, created_at, scheduled_at, attempted_at, expires_at, died_at)
    select queue, id, kind, args, args_version, priority, attempt, failures + 1, max_failures, crashes, reason, error, fingerprint,
           unique_key, ordering_key, subject, traceparent, checkpoint, created_at, scheduled_at, attempted_at, expires_at,
           coalesce($6::timestamptz, statement_timestamp())
      from dead
), noted as (
    insert into windlass.attempts (queue, job_id, kind, attempt, reason, error, subject, started_at, ended_at)
    select $1, id, kind, attempt, reason, error, subject, attempted_at, coalesce($6::timestamptz, statement_timestamp())
      from waiting where failed
    union all
    select $1, id, kind, attempt, reason, error, subject, attempted_at, coalesce($6::timestamptz, statement_timestamp())
      from dead
)
select id from completed
union all select id from cancelled
union all select id from waiting
union all select id from dead
