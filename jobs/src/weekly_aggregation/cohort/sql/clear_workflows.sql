delete from insights.cohort_workflows where cohort_id = $2 and as_of = $1
