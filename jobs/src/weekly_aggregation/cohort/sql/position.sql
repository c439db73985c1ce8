-- Where the members stand on average.
insert into insights.cohort_positions (as_of, cohort_id, n, mean)
select $1, $2, count(*)::int,
       case when count(*) > 0 then
           array[avg(m.position[1] order by m.subject_id), avg(m.position[2] order by m.subject_id),
                 avg(m.position[3] order by m.subject_id), avg(m.position[4] order by m.subject_id)] end
  from insights.cohort_members c
  join insights.learner_metrics m on m.subject_id = c.subject_id and m.as_of = $1
 where c.cohort_id = $2
on conflict (cohort_id, as_of) do update set n = excluded.n, mean = excluded.mean
