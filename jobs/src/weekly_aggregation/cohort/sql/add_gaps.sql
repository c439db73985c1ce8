-- What the members lack: half the share that has not used a capability, half how far their answers fall short of $4.
insert into insights.cohort_gaps (as_of, cohort_id, place, capability, adoption_gap, accuracy_gap, severity)
with used as (
    select u.capability, count(*) as users, sum(u.graded) as graded, sum(u.correct) as correct
      from insights.cohort_members c
      join insights.learner_metrics m on m.subject_id = c.subject_id and m.as_of = $1
      join insights.capability_usage u on u.subject_id = c.subject_id
     where c.cohort_id = $2
     group by u.capability
), gap as (
    select k.item_id, k.name, 1 - coalesce(u.users, 0)::float8 / p.n as adoption,
           case when u.graded > 0 then
               least(greatest(($4 - u.correct::float8 / u.graded::float8) / $4, 0), 1) else 1 end as accuracy
      from insights.curriculum k
     cross join insights.cohort_positions p
      left join used u on u.capability = k.item_id
     where k.kind = 'capability' and p.cohort_id = $2 and p.as_of = $1 and p.n > 0
)
select $1, $2,
       row_number() over (order by round((0.5 * adoption + 0.5 * accuracy)::numeric, 12) desc, name), item_id, adoption, accuracy,
       0.5 * adoption + 0.5 * accuracy
  from gap
 order by 3
 limit $3
