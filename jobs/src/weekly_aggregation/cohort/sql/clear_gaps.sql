delete from insights.cohort_gaps where cohort_id = $2 and as_of = $1
