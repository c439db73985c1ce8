-- Takes at most $3 due jobs of one queue for one live session, the most urgent first.
--
-- One bounded subselect for each priority: a range over all four would walk the future rows of priority 1 to reach
-- priority 2. $4 is how far this process has claimed in each priority: under an old open transaction the rows below
-- it are dead but cannot be vacuumed, and walking them is what makes queues on Postgres collapse.
-- `id = any(array(…))` rather than `id in (…)`: with a parameter as limit, a generic plan of the latter scans the table.
-- A condemned or missing session claims nothing. Arguments come as text: whether they decode is each job's own affair.
with asked as materialized (
    select $3::bigint as jobs
      from windlass.workers
     where session = $2
       and condemned_at is null
       and lease_until > coalesce($5::timestamptz, statement_timestamp())
), one as materialized (
    select id from windlass.jobs
     where queue = $1 and state = 'available' and priority = 1
       and scheduled_at >= ($4::timestamptz[])[1]
       and scheduled_at <= coalesce($5::timestamptz, statement_timestamp())
     order by scheduled_at, id
     limit (select coalesce(max(jobs), 0) from asked)
     for update skip locked
), two as materialized (
    select id from windlass.jobs
     where queue = $1 and state = 'available' and priority = 2
       and scheduled_at >= ($4::timestamptz[])[2]
       and scheduled_at <= coalesce($5::timestamptz, statement_timestamp())
     order by scheduled_at, id
     limit (select coalesce(max(jobs), 0) from asked) - (select count(*) from one)
     for update skip locked
), three as materialized (
    select id from windlass.jobs
     where queue = $1 and state = 'available' and priority = 3
       and scheduled_at >= ($4::timestamptz[])[3]
       and scheduled_at <= coalesce($5::timestamptz, statement_timestamp())
     order by scheduled_at, id
     limit (select coalesce(max(jobs), 0) from asked) - (select count(*) from one) - (select count(*) from two)
     for update skip locked
), four as materialized (
    select id from windlass.jobs
     where queue = $1 and state = 'available' and priority = 4
       and scheduled_at >= ($4::timestamptz[])[4]
       and scheduled_at <= coalesce($5::timestamptz, statement_timestamp())
     order by scheduled_at, id
     limit (select coalesce(max(jobs), 0) from asked) - (select count(*) from one) - (select count(*) from two)
           - (select count(*) from three)
     for update skip locked
)
update windlass.jobs
   set state = 'running',
       attempt = attempt + 1,
       leased_by = $2,
       attempted_at = coalesce($5::timestamptz, statement_timestamp())
 where queue = $1
   and id = any(array(
        select id from one union all select id from two union all select id from three union all select id from four))
returning id, kind, args::text as args, args_version, priority, attempt, failures, max_failures, crashes,
          created_at, scheduled_at, attempted_at, checkpoint::text as checkpoint, traceparent
