insert into insights.learners as l
       (subject_id, enrolled_at, cohort_id, exam_on, hours_per_week, target_score, declared_cohort)
select t.subject_id, t.enrolled_at, c.cohort_id, t.exam_on, t.hours_per_week, t.target_score, t.declared_cohort
  from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::date[], $5::float8[], $6::float8[], $7::text[])
       as t (subject_id, enrolled_at, cohort, exam_on, hours_per_week, target_score, declared_cohort)
  left join insights.cohorts c on c.name = t.cohort
on conflict (subject_id) do update
   set enrolled_at = excluded.enrolled_at, cohort_id = excluded.cohort_id, exam_on = excluded.exam_on,
       hours_per_week = excluded.hours_per_week, target_score = excluded.target_score,
       declared_cohort = excluded.declared_cohort
