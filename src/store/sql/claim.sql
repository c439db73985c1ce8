-- Takes at most $3 due jobs of one queue for one live session, the most urgent first.
--
-- One bounded subselect for each priority, of which the next is begun only when those before it have not brought enough: a
-- range over all four would walk the future rows of priority 1 to reach priority 2. $4 and $9 are how far this process has
-- claimed in each priority: under an old open transaction the rows up to there are dead but cannot be vacuumed, and walking
-- them is what makes queues on Postgres collapse. The id stands beside the time because what is enqueued at once is due at
-- one time.
-- Ageing: $6 of the places go first to jobs of lower priority that have been due for longer than $7, so that nobody
-- starves; a share, not another order, because a flood of the aged must not starve the urgent either.
-- The subselects end at 1,000, a claim's own most, where the limit outside them would do: a limit that is not a constant is taken
-- for a tenth of all that waits, and beside ten million jobs a statement of microseconds was compiled for half a second.
-- Rows that this statement has seen are found again by their place, `ctid`, which costs a third less than by their key. What
-- somebody changed between our looking and our locking has another place than we see: it is left for the next claim or the sweep.
-- Beside a place stand conditions that no index knows: of a table that was empty when its rows were last counted, to walk a queue
-- seems as good.
-- `= any(array(…))` rather than `in (…)`: with a parameter as limit, a generic plan of the latter scans the table.
-- Of one ordering key only the oldest live job is claimed, and none beside a running one; the others that are met here
-- are put out of the index as `blocked`, each once, and come back when the one before them ends (`complete`, `settle`).
-- A condemned or missing session claims nothing, nor does anybody from a paused queue, nor from a limited one ($8) without
-- its lock. Arguments come as text: whether they decode is each job's own affair. There is always a row, for the count of
-- the blocked.
with at as materialized (
    select coalesce($5::timestamptz, statement_timestamp()) as now,
           coalesce($5::timestamptz, statement_timestamp()) - $7::bigint * interval '1 microsecond' as aged
), asked as materialized (
    select coalesce(max($3::bigint), 0) as jobs, coalesce(max($6::bigint), 0) as aged
      from windlass.workers w
      join windlass.queues q on q.name = $1
     where w.session = $2
       and w.condemned_at is null
       and w.lease_until > (select now from at)
       and q.paused_at is null
       and (q.max_running is not null or q.rate_limit is not null) = $8::boolean
), aged as materialized (
    -- Of each lower priority the oldest, of those the oldest; they are locked below, where somebody may have been faster.
    select place, id
      from ((select ctid as place, id, scheduled_at from windlass.jobs
              where queue = $1 and state = 'available' and priority = 2
                and (scheduled_at, id) > (($4::timestamptz[])[2], ($9::uuid[])[2])
                and scheduled_at <= (select aged from at)
              order by scheduled_at, id limit 1000)
            union all
            (select ctid, id, scheduled_at from windlass.jobs
              where queue = $1 and state = 'available' and priority = 3
                and (scheduled_at, id) > (($4::timestamptz[])[3], ($9::uuid[])[3])
                and scheduled_at <= (select aged from at)
              order by scheduled_at, id limit 1000)
            union all
            (select ctid, id, scheduled_at from windlass.jobs
              where queue = $1 and state = 'available' and priority = 4
                and (scheduled_at, id) > (($4::timestamptz[])[4], ($9::uuid[])[4])
                and scheduled_at <= (select aged from at)
              order by scheduled_at, id limit 1000)) low
     order by scheduled_at, id
     limit (select aged from asked)
), met as materialized (
    select *
      from (select * from (
                select ctid as place, id, ordering_key from windlass.jobs
                 where queue || '' = $1 and ctid = any(array(select place from aged)) and state in ('available', '')
                   for update skip locked) old
             union all
            select due.*
              from (values (1::smallint), (2::smallint), (3::smallint), (4::smallint)) as p (priority)
             cross join lateral (
                   select ctid, id, ordering_key from windlass.jobs
                    where queue = $1 and state = 'available' and priority = p.priority
                      and (scheduled_at, id) > (($4::timestamptz[])[p.priority], ($9::uuid[])[p.priority])
                      and scheduled_at <= (select now from at)
                      and id <> all(array(select id from aged))
                    order by scheduled_at, id
                    limit 1000
                      for update skip locked) due) found
     limit (select jobs from asked)
), behind as materialized (
    select m.place
      from met m
     where m.ordering_key is not null
       and (exists (select from windlass.jobs o where o.queue = $1 and o.ordering_key = m.ordering_key and o.id < m.id)
            or exists (
                select from windlass.jobs o where o.queue = $1 and o.ordering_key = m.ordering_key and o.state = 'running'))
), blocked as (
    update windlass.jobs
       set state = 'blocked'
     where queue || '' = $1 and ctid = any(array(select place from behind))
    returning id
), claimed as (
    update windlass.jobs
       set state = 'running',
           attempt = attempt + 1,
           leased_by = $2,
           attempted_at = (select now from at)
     where queue || '' = $1
       and ctid = any(array(select place from met where place <> all(array(select place from behind))))
    returning id, kind, args::text as args, args_version, priority, attempt, failures, max_failures, crashes, deferrals,
              created_at, scheduled_at, attempted_at, checkpoint::text as checkpoint, traceparent,
              coalesce(expires_at <= attempted_at, false) as expired, cancel_requested_at is not null as cancel_requested,
              ordering_key is not null as ordered
)
select claimed.*, b.blocked
  from (select count(*) as blocked from blocked) b
  left join claimed on true
