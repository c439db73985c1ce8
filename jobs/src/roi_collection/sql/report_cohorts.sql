select c.name, r.n, r.n_with_roi, r.actual, r.predicted, r.variance, r.mean_learner_roi, r.trajectory
  from insights.cohorts c
  join insights.roi_cohort r on r.cohort_id = c.cohort_id and r.win_start = $1 and r.win_end = $2
 order by c.name
