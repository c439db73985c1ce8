-- Ends one batch of attempts of one queue, session and attempt number otherwise than by completing (`complete`): ended for good
-- ($4 with the outcomes $14), and the rest ($6 …) which go back to wait or are buried. Fenced: a row that is no longer this
-- session's at this attempt is not touched, and the ids that are returned are the ones that counted.
--
-- Ids stand in order, and between the first and the last of them it looks (`complete`).
-- With a job's end its key is free if it says so, and the next one of its ordering key is due.
with otherwise as (
    delete from windlass.jobs j
     using unnest($4::uuid[], $14::text[]) as t (id, outcome)
     where j.queue = $1 and j.leased_by = $2 and j.attempt = $3 and j.id = t.id
       and j.id between ($4::uuid[])[1] and ($4::uuid[])[cardinality($4::uuid[])]
    returning j.id, j.kind, j.attempt, j.failures, j.subject, j.created_at, j.scheduled_at, j.attempted_at, j.unique_key,
              j.key_ends, j.ordering_key, t.outcome
), remembered as (
    insert into windlass.history (
        queue, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at, ended_at)
    select $1, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at,
           coalesce($5::timestamptz, statement_timestamp())
      from otherwise where $13::boolean
), rest as (
    select * from unnest(
        $6::uuid[], $7::text[], $8::boolean[], $9::bigint[], $10::text[], $11::text[], $12::text[]
    ) as t (id, fate, failed, delay_us, reason, error, fingerprint)
), waiting as (
    -- What was asked to be cancelled does not wait for it.
    update windlass.jobs j
       set state = case r.fate when 'parked' then 'parked' else 'available' end,
           leased_by = null,
           failures = j.failures + r.failed::integer,
           deferrals = j.deferrals + (r.fate = 'deferred')::integer,
           scheduled_at = coalesce($5::timestamptz, statement_timestamp())
               + case when j.cancel_requested_at is null then r.delay_us else 0 end * interval '1 microsecond'
      from rest r
     where j.queue = $1 and j.id = r.id and j.leased_by = $2 and j.attempt = $3 and r.fate <> 'buried'
       and j.id between ($6::uuid[])[1] and ($6::uuid[])[cardinality($6::uuid[])]
    returning j.id, j.kind, j.attempt, j.subject, j.attempted_at, r.failed, r.reason, r.error
), dead as (
    delete from windlass.jobs j
     using rest r
     where j.queue = $1 and j.id = r.id and j.leased_by = $2 and j.attempt = $3 and r.fate = 'buried'
       and j.id between ($6::uuid[])[1] and ($6::uuid[])[cardinality($6::uuid[])]
    returning j.*, r.reason, r.error, r.fingerprint
), buried as (
    insert into windlass.dead_letters (
        queue, id, kind, args, args_version, priority, attempt, failures, max_failures, crashes, reason, error, fingerprint,
        unique_key, key_ends, key_fingerprint, ordering_key, subject, traceparent, checkpoint, created_at, scheduled_at,
        attempted_at, expires_at, died_at, revision)
    select queue, id, kind, args, args_version, priority, attempt, failures + 1, max_failures, crashes, reason, error, fingerprint,
           unique_key, key_ends,
           (select k.fingerprint from windlass.unique_keys k where k.queue = $1 and k.kind = dead.kind and k.key = dead.unique_key),
           ordering_key, subject, traceparent, checkpoint, created_at, scheduled_at, attempted_at,
           expires_at, coalesce($5::timestamptz, statement_timestamp()),
           (select w.version from windlass.workers w where w.session = $2)
      from dead
), tallied as (
    insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, died, open, kept, sample, revision)
    select $1, fingerprint, kind, reason, coalesce($5::timestamptz, statement_timestamp()),
           count(*), count(*), count(*), (array_agg(id))[1],
           (select w.version from windlass.workers w where w.session = $2)
      from dead
     group by fingerprint, kind, reason
), noted as (
    insert into windlass.attempts (queue, job_id, kind, attempt, reason, error, subject, started_at, ended_at)
    select $1, id, kind, attempt, reason, error, subject, attempted_at, coalesce($5::timestamptz, statement_timestamp())
      from waiting where failed
    union all
    select $1, id, kind, attempt, reason, error, subject, attempted_at, coalesce($5::timestamptz, statement_timestamp())
      from dead
), ended as materialized (
    select id, kind, unique_key, key_ends, ordering_key from otherwise where key_ends or ordering_key is not null
    union all
    select id, kind, unique_key, key_ends, ordering_key from dead where key_ends or ordering_key is not null
), theirs as materialized (
    -- Locked in the order in which an enqueue takes them.
    select k.kind, k.key
      from ended e
      join windlass.unique_keys k on k.queue = $1 and k.kind = e.kind and k.key = e.unique_key and k.job_id = e.id
     where e.key_ends
     order by k.kind, k.key
       for update of k
), freed as (
    delete from windlass.unique_keys k
     using theirs t
     where k.queue = $1 and k.kind = t.kind and k.key = t.key
), next as (
    update windlass.jobs
       set state = 'available',
           scheduled_at = greatest(scheduled_at, coalesce($5::timestamptz, statement_timestamp()))
     where queue = $1
       and state = 'blocked'
       and id = any(array(
            select n.id
              from ended e
             cross join lateral (
                   select id from windlass.jobs
                    where queue = $1 and ordering_key = e.ordering_key and state = 'blocked'
                    order by id limit 1) n
             where e.ordering_key is not null))
)
select id from otherwise
union all select id from waiting
union all select id from dead
