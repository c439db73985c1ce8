-- Each learner's weeks up to as_of. A capability is new in the week of its first local date.
with done as (
    select subject_id, (local_date - date '1970-01-05') / 7 as week_no,
           count(*) as interactions, count(correct) as graded, count(*) filter (where correct) as correct,
           sum(duration_s) as seconds
      from insights.interactions
     where subject_id = any($1::bigint[]) and subject_id between $2 and $3
       and ts <= $4 and day <= ($4 at time zone 'UTC')::date
     group by 1, 2
), met as (
    select subject_id, (min(local_date) - date '1970-01-05') / 7 as week_no
      from insights.interactions
     where subject_id = any($1::bigint[]) and subject_id between $2 and $3
       and ts <= $4 and day <= ($4 at time zone 'UTC')::date
     group by subject_id, capability
), new as (
    select subject_id, week_no, count(*) as capabilities from met group by 1, 2
)
select d.subject_id, d.week_no, d.interactions::int, coalesce(n.capabilities, 0)::int as new_capabilities,
       d.graded::int, d.correct::int, d.seconds::bigint
  from done d
  left join new n using (subject_id, week_no)
 order by d.subject_id, d.week_no
