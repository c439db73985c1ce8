insert into insights.roi_cohort as r (
    cohort_id, win_start, win_end, n, n_with_roi, cost_micros, value_micros, actual, predicted, variance, mean_learner_roi,
    trajectory, trend, alert, calibration_version, computed_seq)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (cohort_id, win_end, win_start) do update
   set n = excluded.n, n_with_roi = excluded.n_with_roi, cost_micros = excluded.cost_micros,
       value_micros = excluded.value_micros, actual = excluded.actual, predicted = excluded.predicted,
       variance = excluded.variance, mean_learner_roi = excluded.mean_learner_roi, trajectory = excluded.trajectory,
       trend = excluded.trend, alert = excluded.alert, calibration_version = excluded.calibration_version,
       computed_seq = excluded.computed_seq, computed_at = excluded.computed_at
 where r.computed_seq <= excluded.computed_seq
returning cohort_id
