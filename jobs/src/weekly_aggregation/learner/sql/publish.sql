-- The page's rows, whole: measures and ranks joined with what was told from them ($6). $5 is the week.
insert into insights.learner_metrics as t
       (subject_id, as_of, cohort_id, week_no, weeks_observed, usage_28d, usage_90d, top_domain, is_specialist, provisional,
        velocity_raw, velocity_ema, velocity_next, adoption_rate, entropy_bits, concentration, top_share, transfer, reuse,
        retention_strength, momentum, churn_risk, confidence, archetype, scores, position, percentiles)
select m.subject_id, m.as_of, l.cohort_id, $5, m.weeks_observed, m.usage_28d, m.usage_90d, m.top_domain, m.is_specialist,
       c.provisional, m.velocity_raw, m.velocity_ema, m.velocity_next, m.adoption_rate, m.entropy_bits, m.concentration,
       m.top_share, m.transfer, m.reuse, m.retention_strength, m.momentum, m.churn_risk, c.confidence, c.archetype, c.scores,
       c.position,
       jsonb_build_object(
           'global_accuracy', 100 * r.global_accuracy, 'global_hours', 100 * r.global_hours,
           'global_questions', 100 * r.global_questions, 'global_streak', 100 * r.global_streak,
           'cohort_accuracy', 100 * r.cohort_accuracy, 'cohort_hours', 100 * r.cohort_hours,
           'cohort_questions', 100 * r.cohort_questions, 'cohort_streak', 100 * r.cohort_streak)
  from jsonb_to_recordset($6) as c (
       subject_id bigint, archetype text, confidence float8, provisional boolean, scores float8[], position float8[])
  join insights.learner_measures m on m.subject_id = c.subject_id and m.as_of = $4
  join insights.learner_ranks r on r.subject_id = c.subject_id and r.subject_id between $2 and $3 and r.as_of = $4
  join insights.learners l on l.subject_id = c.subject_id and l.subject_id between $2 and $3
 where m.subject_id + 0 = any($1::bigint[]) and m.subject_id between $2 and $3
on conflict (subject_id) do update
   set as_of = excluded.as_of, computed_at = excluded.computed_at, cohort_id = excluded.cohort_id,
       week_no = excluded.week_no, weeks_observed = excluded.weeks_observed, usage_28d = excluded.usage_28d,
       usage_90d = excluded.usage_90d, top_domain = excluded.top_domain, is_specialist = excluded.is_specialist,
       provisional = excluded.provisional, velocity_raw = excluded.velocity_raw, velocity_ema = excluded.velocity_ema,
       velocity_next = excluded.velocity_next, adoption_rate = excluded.adoption_rate,
       entropy_bits = excluded.entropy_bits, concentration = excluded.concentration, top_share = excluded.top_share,
       transfer = excluded.transfer, reuse = excluded.reuse, retention_strength = excluded.retention_strength,
       momentum = excluded.momentum, churn_risk = excluded.churn_risk, confidence = excluded.confidence,
       archetype = excluded.archetype, scores = excluded.scores, position = excluded.position,
       percentiles = excluded.percentiles
 where t.as_of <= excluded.as_of
