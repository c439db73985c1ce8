-- Learners are in one cohort: not in those that they were in before.
delete from insights.cohort_members m
 using unnest($4::bigint[], $5::int[]) as now (subject_id, cohort_id)
 where m.subject_id + 0 = any($1::bigint[]) and m.subject_id between $2 and $3
   and m.subject_id = now.subject_id and m.cohort_id <> now.cohort_id
