-- The workflows that are meant for where the members stand: 1 - the mean distance in the four dimensions.
insert into insights.cohort_workflows (as_of, cohort_id, place, workflow_id, score)
select $1, $2, row_number() over (order by round(score::numeric, 12) desc, workflow_id), workflow_id, score
  from (select w.workflow_id,
               1 - 0.25 * (abs(p.mean[1] - w.target[1]) + abs(p.mean[2] - w.target[2])
                         + abs(p.mean[3] - w.target[3]) + abs(p.mean[4] - w.target[4])) as score
          from insights.cohort_positions p
         cross join insights.workflows w
         where p.cohort_id = $2 and p.as_of = $1 and p.mean is not null) as s
 order by 3
 limit $3
