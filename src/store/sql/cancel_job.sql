-- A waiting job ends unrun, as `settle` would end it. A running one is asked to stop; its worker sees that. Which it is, the
-- lock tells: a claim that commits while this waits for it is invisible to the snapshot.
with found as (
    select j.queue, j.id, j.state, q.keep_history
      from windlass.queues q
      join windlass.jobs j on j.queue = q.name and j.id = $1
       for update of j
), cancelled as (
    delete from windlass.jobs j
     using found f
     where j.queue = f.queue and j.id = f.id and f.state <> 'running'
    returning j.*, f.keep_history
), requested as (
    update windlass.jobs j
       set cancel_requested_at = coalesce(j.cancel_requested_at, $2::timestamptz, statement_timestamp())
      from found f
     where j.queue = f.queue and j.id = f.id and f.state = 'running'
    returning j.id
), remembered as (
    insert into windlass.history (
        queue, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at, ended_at)
    select queue, id, kind, 'cancelled', attempt, failures, subject, created_at, scheduled_at, attempted_at,
           coalesce($2::timestamptz, statement_timestamp())
      from cancelled where keep_history
), freed as (
    delete from windlass.unique_keys k
     using cancelled e
     where e.key_ends and k.queue = e.queue and k.kind = e.kind and k.key = e.unique_key and k.job_id = e.id
), next as (
    update windlass.jobs j
       set state = 'available',
           scheduled_at = greatest(j.scheduled_at, coalesce($2::timestamptz, statement_timestamp()))
      from cancelled e
     where j.queue = e.queue
       -- One that is blocked itself holds up nobody.
       and e.state <> 'blocked'
       and j.state = 'blocked'
       and j.id = (
            select id from windlass.jobs n
             where n.queue = e.queue and n.ordering_key = e.ordering_key and n.state = 'blocked' and n.id <> e.id
             order by id limit 1)
)
select 'cancelled' as done from cancelled
union all
select 'requested' from requested
