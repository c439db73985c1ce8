-- The bucket in figures: forecasts (4.3.1), archetypes and their confidence (4.3.4), rolling retention after each of $2 days (4.3.3), matching
-- (4.5). It reads every learner's newest row, once a bucket.
insert into insights.learner_summaries as s
       (as_of, n_learners, mapping_errors, holdout_accuracy, holdout_accuracy_naive, confident_share, very_confident_share,
        archetypes, retention)
with forecast as (
    select 1 - sum(abs(holdout_forecast - holdout_actual) order by subject_id) / nullif(sum(holdout_actual order by subject_id), 0) as line,
           1 - sum(abs(holdout_naive - holdout_actual) order by subject_id) / nullif(sum(holdout_actual order by subject_id), 0) as naive
      from insights.learner_measures
     where as_of = $1
), kind as (
    select archetype, count(*) as n, count(*) filter (where confidence > 0.7) as confident,
           count(*) filter (where confidence > 0.8) as very_confident
      from insights.learner_metrics
     where as_of = $1
     group by archetype
), kept as (
    select d.days, count(*) filter (where m.last_use >= l.enrolled_at + make_interval(hours => 24 * d.days))::float8
                       / count(*) as share
      from unnest($2::int[]) as d (days)
      join insights.learners l on l.enrolled_at <= $1 - make_interval(hours => 24 * d.days)
      left join insights.learner_measures m on m.subject_id = l.subject_id and m.as_of = $1
     group by d.days
), member as (
    select count(*) as undeclared
      from insights.learner_metrics m
      left join insights.cohort_members c on c.subject_id = m.subject_id and c.how = 'declared'
     where m.as_of = $1 and c.subject_id is null
)
select $1, coalesce((select sum(n) from kind), 0), (select undeclared from member), f.line, f.naive,
       (select sum(confident)::float8 / nullif(sum(n), 0)::float8 from kind),
       (select sum(very_confident)::float8 / nullif(sum(n), 0)::float8 from kind),
       coalesce((select jsonb_object_agg(archetype, n) from kind), '{}'),
       coalesce((select jsonb_object_agg(days, share) from kept), '{}')
  from forecast f
on conflict (as_of) do update
   set n_learners = excluded.n_learners, mapping_errors = excluded.mapping_errors,
       holdout_accuracy = excluded.holdout_accuracy, holdout_accuracy_naive = excluded.holdout_accuracy_naive,
       confident_share = excluded.confident_share, very_confident_share = excluded.very_confident_share,
       archetypes = excluded.archetypes, retention = excluded.retention
