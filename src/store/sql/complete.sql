-- Ends completed jobs of one queue, session and attempt number: nearly all there are, and so apart from the other endings
-- (`settle`), whose statement takes half a millisecond to begin with. Fenced: a row that is no longer this session's at this
-- attempt is not touched, and the ids that are returned are the ones that counted.
--
-- The fence is an equality beside `id = any(…)` because a join with unnest(ids, attempts) costs half the throughput. The ids stand in
-- order, and between the first and the last of them it looks: of an index that is full of dead rows, since somebody has forgotten a
-- transaction, the server thinks that to walk it once from end to end is cheaper than to look into it so often.
-- With a job's end its key is free if it says so, and the next one of its ordering key is due.
with completed as (
    delete from windlass.jobs
     where queue = $1 and leased_by = $2 and attempt = $3 and id = any($4::uuid[])
       and id between ($4::uuid[])[1] and ($4::uuid[])[cardinality($4::uuid[])]
    returning id, kind, attempt, failures, subject, created_at, scheduled_at, attempted_at, unique_key, key_ends, ordering_key
), remembered as (
    insert into windlass.history (
        queue, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at, ended_at)
    select $1, id, kind, 'completed', attempt, failures, subject, created_at, scheduled_at, attempted_at,
           coalesce($5::timestamptz, statement_timestamp())
      from completed where $6::boolean
), ended as materialized (
    select id, kind, unique_key, key_ends, ordering_key from completed where key_ends or ordering_key is not null
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
select id from completed
