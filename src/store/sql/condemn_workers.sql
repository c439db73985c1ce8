-- The rescuer's first step: a session whose lease has passed may never renew or claim again.
-- After a restart of the server every lease looks expired; so nobody is condemned before one whole lease ($1) has gone by, and
-- nobody at all where it is not given. Beside them, whether there are some from before.
--
-- With it the queues where condemned and missing sessions hold jobs: one question a second, however many queues there are. What is
-- looked at are the gaps between the sessions that live: under an old open transaction the rows that those have claimed and ended
-- cannot be vacuumed, and walking them once a second would cost half a processor.
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
), living as (
    select session
      from windlass.workers
     where condemned_at is null and session <> all(array(select session from condemned))
), gaps as materialized (
    select session as above, lead(session, 1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) over (order by session) as below
      from (select session from living union all select '00000000-0000-0000-0000-000000000000'::uuid) edges
)
select array(select session from condemned) as sessions,
       exists (select from windlass.workers where condemned_at is not null) as remembered,
       array(
            select q.name
              from windlass.queues q
             where exists (
                    select
                      from gaps g
                     cross join lateral (
                           select from windlass.jobs j
                            where j.queue = q.name and j.state = 'running' and j.leased_by > g.above and j.leased_by < g.below
                            limit 1) lost)) as queues
