select c.name, p.n
  from insights.cohort_positions p
  join insights.cohorts c using (cohort_id)
 where p.as_of = $1
 order by c.name
