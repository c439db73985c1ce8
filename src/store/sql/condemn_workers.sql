-- The rescuer's first step: a session whose lease has passed may never renew or claim again.
-- After a restart of the server every lease looks expired; so nobody is condemned before one whole lease ($1) has gone by, and
-- nobody at all where it is not given.
--
-- Beside them, whether there are some from before, and the queues where condemned and missing sessions hold jobs: one question a second, however many queues there are.
with condemned as materialized (
    update windlass.workers
       set condemned_at = coalesce($2::timestamptz, statement_timestamp())
     where session = any(array(
            select session from windlass.workers
             where condemned_at is null
               and lease_until < coalesce($2::timestamptz, statement_timestamp())
               and pg_postmaster_start_time() < statement_timestamp() - $1::bigint * interval '1 microsecond'
             for update skip locked))
    returning session
)
select array(select session from condemned) as sessions,
       exists (select from windlass.workers where condemned_at is not null) as remembered,
       array(
            select q.name
              from windlass.queues q
             where exists (
                    select from windlass.jobs j
                     where j.queue = q.name and j.state = 'running'
                       and not exists (
                            select from windlass.workers w
                             where w.session = j.leased_by
                               and w.condemned_at is null
                               and w.session <> all(array(select session from condemned))))
             order by q.name) as queues
