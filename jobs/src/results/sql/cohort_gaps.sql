select c.name as cohort, k.name as capability, g.adoption_gap, g.accuracy_gap, g.severity
  from insights.cohort_gaps g
  join insights.cohorts c using (cohort_id)
  join insights.curriculum k on k.item_id = g.capability
 where g.as_of = $1
 order by c.name, g.place
