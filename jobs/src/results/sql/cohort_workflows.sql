select c.name as cohort, w.name as workflow_id, x.score
  from insights.cohort_workflows x
  join insights.cohorts c using (cohort_id)
  join insights.workflows w using (workflow_id)
 where x.as_of = $1
 order by c.name, x.place
