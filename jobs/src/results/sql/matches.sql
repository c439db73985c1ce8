select s.external_id as learner_id, c.name as cohort_id, m.score, m.how
  from insights.subjects s
  join insights.cohort_members m using (subject_id)
  join insights.cohorts c using (cohort_id)
 where s.source = $1
 order by s.subject_id
