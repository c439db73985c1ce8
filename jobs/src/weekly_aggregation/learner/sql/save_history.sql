-- A page's week in short, from the rows that were just published.
insert into insights.learner_metrics_history as h
       (subject_id, week_no, velocity_ema, concentration, retention_strength, churn_risk, confidence, archetype)
select subject_id, week_no, velocity_ema, concentration, retention_strength, churn_risk, confidence, archetype
  from insights.learner_metrics
 where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3 and as_of = $4
on conflict (subject_id, week_no) do update
   set velocity_ema = excluded.velocity_ema, concentration = excluded.concentration,
       retention_strength = excluded.retention_strength, churn_risk = excluded.churn_risk,
       confidence = excluded.confidence, archetype = excluded.archetype
