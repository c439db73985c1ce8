select cohort_id from insights.cohorts where cohort_id = $1
