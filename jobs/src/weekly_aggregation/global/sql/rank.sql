-- Mid-ranks of every active learner of the bucket: (below + equal / 2) / n. All of them are read, once a bucket: a rank on
-- demand takes 0.2 s each in a cohort of 200,000 (measured), which is why they are stored. Not ranked within a cohort of
-- fewer than $2, nor where there is nothing to rank.
insert into insights.learner_ranks as r
       (subject_id, as_of, velocity, usage, retention, global_accuracy, global_hours, global_questions, global_streak,
        cohort_accuracy, cohort_hours, cohort_questions, cohort_streak)
with active as (
    select m.subject_id, l.cohort_id, m.velocity_ema, m.usage_28d, m.retention_strength, m.accuracy, m.hours, m.questions,
           m.streak, count(*) over () as n, count(m.accuracy) over () as graded,
           -- Who is enrolled nowhere has no peers.
           case when l.cohort_id is not null then count(*) over (partition by l.cohort_id) end as peers,
           case when l.cohort_id is not null then count(m.accuracy) over (partition by l.cohort_id) end as graded_peers
      from insights.learner_measures m
      join insights.learners l using (subject_id)
     where m.as_of = $1 and m.retention_strength is not null
)
select subject_id, $1,
       (rank() over velocity - 1 + 0.5 * count(*) over velocity) / n,
       (rank() over usage - 1 + 0.5 * count(*) over usage) / n,
       (rank() over retention - 1 + 0.5 * count(*) over retention) / n,
       case when accuracy is not null then (rank() over accuracies - 1 + 0.5 * count(*) over accuracies) / graded end,
       (rank() over hour - 1 + 0.5 * count(*) over hour) / n,
       (rank() over question - 1 + 0.5 * count(*) over question) / n,
       (rank() over run - 1 + 0.5 * count(*) over run) / n,
       case when accuracy is not null and graded_peers >= $2 then
           (rank() over peer_accuracies - 1 + 0.5 * count(*) over peer_accuracies) / graded_peers end,
       case when peers >= $2 then (rank() over peer_hour - 1 + 0.5 * count(*) over peer_hour) / peers end,
       case when peers >= $2 then (rank() over peer_question - 1 + 0.5 * count(*) over peer_question) / peers end,
       case when peers >= $2 then (rank() over peer_run - 1 + 0.5 * count(*) over peer_run) / peers end
  from active
-- The frame is the row's equals: their count comes from the sort that the rank needs anyway.
window velocity as (order by velocity_ema range between current row and current row),
       usage as (order by usage_28d range between current row and current row),
       retention as (order by retention_strength range between current row and current row),
       accuracies as (order by accuracy range between current row and current row),
       hour as (order by hours range between current row and current row),
       question as (order by questions range between current row and current row),
       run as (order by streak range between current row and current row),
       peer_accuracies as (partition by cohort_id order by accuracy range between current row and current row),
       peer_hour as (partition by cohort_id order by hours range between current row and current row),
       peer_question as (partition by cohort_id order by questions range between current row and current row),
       peer_run as (partition by cohort_id order by streak range between current row and current row)
on conflict (subject_id) do update
   set as_of = excluded.as_of, velocity = excluded.velocity, usage = excluded.usage, retention = excluded.retention,
       global_accuracy = excluded.global_accuracy, global_hours = excluded.global_hours,
       global_questions = excluded.global_questions, global_streak = excluded.global_streak,
       cohort_accuracy = excluded.cohort_accuracy, cohort_hours = excluded.cohort_hours,
       cohort_questions = excluded.cohort_questions, cohort_streak = excluded.cohort_streak
 where r.as_of <= excluded.as_of
