-- Mid-ranks of every active learner of the bucket: (below + equal / 2) / n. All of them are read, once a bucket: a rank on
-- demand takes 0.2 s each in a cohort of 200,000 (measured), which is why they are stored. Not ranked within a cohort of
-- fewer than $2, nor where there is nothing to rank.
insert into insights.learner_ranks as r
       (subject_id, as_of, velocity, usage, retention, global_accuracy, global_hours, global_questions, global_streak,
        cohort_accuracy, cohort_hours, cohort_questions, cohort_streak)
with active as (
    select m.subject_id, l.cohort_id, m.velocity_ema, m.usage_28d, m.retention_strength, m.accuracy, m.hours, m.questions,
           m.streak, count(*) over (partition by l.cohort_id) as peers
      from insights.learner_measures m
      join insights.learners l using (subject_id)
     where m.as_of = $1 and m.retention_strength is not null
)
select subject_id, $1,
       (rank() over (order by velocity_ema) - 1 + 0.5 * count(*) over (partition by velocity_ema)) / count(*) over (),
       (rank() over (order by usage_28d) - 1 + 0.5 * count(*) over (partition by usage_28d)) / count(*) over (),
       (rank() over (order by retention_strength) - 1 + 0.5 * count(*) over (partition by retention_strength)) / count(*) over (),
       case when accuracy is not null then
           (rank() over (order by accuracy) - 1 + 0.5 * count(*) over (partition by accuracy)) / count(accuracy) over () end,
       (rank() over (order by hours) - 1 + 0.5 * count(*) over (partition by hours)) / count(*) over (),
       (rank() over (order by questions) - 1 + 0.5 * count(*) over (partition by questions)) / count(*) over (),
       (rank() over (order by streak) - 1 + 0.5 * count(*) over (partition by streak)) / count(*) over (),
       case when cohort_id is not null and accuracy is not null and count(accuracy) over (partition by cohort_id) >= $2 then
           (rank() over (partition by cohort_id order by accuracy) - 1 + 0.5 * count(*) over (partition by cohort_id, accuracy))
               / count(accuracy) over (partition by cohort_id) end,
       case when cohort_id is not null and peers >= $2 then
           (rank() over (partition by cohort_id order by hours) - 1 + 0.5 * count(*) over (partition by cohort_id, hours)) / peers end,
       case when cohort_id is not null and peers >= $2 then
           (rank() over (partition by cohort_id order by questions) - 1 + 0.5 * count(*) over (partition by cohort_id, questions)) / peers end,
       case when cohort_id is not null and peers >= $2 then
           (rank() over (partition by cohort_id order by streak) - 1 + 0.5 * count(*) over (partition by cohort_id, streak)) / peers end
  from active
on conflict (subject_id) do update
   set as_of = excluded.as_of, velocity = excluded.velocity, usage = excluded.usage, retention = excluded.retention,
       global_accuracy = excluded.global_accuracy, global_hours = excluded.global_hours,
       global_questions = excluded.global_questions, global_streak = excluded.global_streak,
       cohort_accuracy = excluded.cohort_accuracy, cohort_hours = excluded.cohort_hours,
       cohort_questions = excluded.cohort_questions, cohort_streak = excluded.cohort_streak
 where r.as_of <= excluded.as_of
