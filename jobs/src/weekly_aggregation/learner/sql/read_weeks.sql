-- Each learner's weeks up to as_of. A capability is new in the week of its first local date. One pass over the
-- interactions, by capability and week; all else is sums of that.
with used as (
    select subject_id, capability, (local_date - date '1970-01-05') / 7 as week_no, count(*) as interactions,
           count(correct) as graded, count(*) filter (where correct) as correct, sum(duration_s) as seconds
      from insights.interactions
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3
       and ts <= $4 and day <= ($4 at time zone 'UTC')::date
     group by 1, 2, 3
), placed as (
    select u.*, week_no = min(week_no) over (partition by subject_id, capability) as is_new from used u
)
select subject_id, week_no, sum(interactions)::int as interactions, count(*) filter (where is_new)::int as new_capabilities,
       sum(graded)::int as graded, sum(correct)::int as correct, sum(seconds)::bigint as seconds
  from placed
 group by subject_id, week_no
 order by subject_id, week_no
