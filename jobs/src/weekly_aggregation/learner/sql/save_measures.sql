-- An older bucket's run does not overwrite a newer one's.
insert into insights.learner_measures as m
       (subject_id, as_of, last_use, weeks_observed, usage_28d, usage_90d, questions, streak, top_domain, is_specialist,
        velocity_raw, velocity_ema, velocity_next, momentum, adoption_rate, entropy_bits, concentration, top_share, transfer,
        reuse, hours, accuracy, holdout_actual, holdout_forecast, holdout_naive)
select t.subject_id, $1, t.last_use, t.weeks_observed, t.usage_28d, t.usage_90d, t.questions, t.streak, t.top_domain,
       t.is_specialist, t.velocity_raw, t.velocity_ema, t.velocity_next, t.momentum, t.adoption_rate, t.entropy_bits,
       t.concentration, t.top_share, t.transfer, t.reuse, t.hours, t.accuracy, t.holdout_actual, t.holdout_forecast,
       t.holdout_naive
  from jsonb_to_recordset($2) as t (
       subject_id bigint, last_use timestamptz, weeks_observed int, usage_28d int, usage_90d int, questions int, streak int,
       top_domain int, is_specialist boolean, velocity_raw float8, velocity_ema float8, velocity_next float8,
       momentum float8, adoption_rate float8, entropy_bits float8, concentration float8, top_share float8, transfer float8,
       reuse float8, hours float8, accuracy float8, holdout_actual float8, holdout_forecast float8, holdout_naive float8)
on conflict (subject_id) do update
   set as_of = excluded.as_of, last_use = excluded.last_use, weeks_observed = excluded.weeks_observed,
       usage_28d = excluded.usage_28d, usage_90d = excluded.usage_90d, questions = excluded.questions,
       streak = excluded.streak, top_domain = excluded.top_domain, is_specialist = excluded.is_specialist,
       velocity_raw = excluded.velocity_raw, velocity_ema = excluded.velocity_ema, velocity_next = excluded.velocity_next,
       momentum = excluded.momentum, adoption_rate = excluded.adoption_rate, entropy_bits = excluded.entropy_bits,
       concentration = excluded.concentration, top_share = excluded.top_share, transfer = excluded.transfer,
       reuse = excluded.reuse, hours = excluded.hours, accuracy = excluded.accuracy,
       holdout_actual = excluded.holdout_actual, holdout_forecast = excluded.holdout_forecast,
       holdout_naive = excluded.holdout_naive, retention_strength = null, churn_risk = null
 where m.as_of <= excluded.as_of
