-- What became of ticks, and how far the schedule is now ($9): in the transaction that makes their jobs. The last job
-- ($10, $11) is the one that the next tick may not overlap.
with recorded as (
    insert into windlass.schedule_ticks (schedule, tick, through, ticks, outcome, reason, queue, job_id, recorded_at)
    select $1, tick, through, ticks, outcome, reason, queue, job_id, coalesce($13::timestamptz, statement_timestamp())
      from unnest($2::timestamptz[], $3::timestamptz[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::uuid[])
           as t (tick, through, ticks, outcome, reason, queue, job_id)
)
update windlass.schedules
   set fired_to = greatest(fired_to, $9),
       last_queue = coalesce($10, last_queue),
       last_job = coalesce($11, last_job),
       last_fired_at = coalesce($12, last_fired_at)
 where name = $1
