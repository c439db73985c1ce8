select cohort_id from insights.cohorts order by cohort_id
