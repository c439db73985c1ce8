select cohort_id, name, centroid from insights.cohorts where centroid is not null order by cohort_id
