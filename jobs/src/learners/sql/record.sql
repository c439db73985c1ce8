-- The newest record of each learner; an older one changes nothing.
insert into insights.learner_records as r
       (subject_id, recorded_at, modules_completed, modules_total, mock_count, streak, practice_questions, prep_days,
        days_to_exam, days_idle, n_7d, n_prev21d, long_days_7d, completion, study_hours, accuracy, mock_avg, mock_best,
        active_sessions_per_week, avg_session_min, velocity, target, acc_7d, acc_prev21d, hours_7d, target_hours_week,
        hard_accuracy, next_module, domains, domain_scores, domain_questions)
select t.subject_id, t.recorded_at, t.modules_completed, t.modules_total, t.mock_count, t.streak, t.practice_questions,
       t.prep_days, t.days_to_exam, t.days_idle, t.n_7d, t.n_prev21d, t.long_days_7d, t.completion, t.study_hours,
       t.accuracy, t.mock_avg, t.mock_best, t.active_sessions_per_week, t.avg_session_min, t.velocity, t.target, t.acc_7d,
       t.acc_prev21d, t.hours_7d, t.target_hours_week, t.hard_accuracy, t.next_module, t.domains, t.domain_scores,
       t.domain_questions
  from jsonb_to_recordset($1) as t (
       subject_id bigint, recorded_at timestamptz, modules_completed int, modules_total int, mock_count int, streak int,
       practice_questions int, prep_days int, days_to_exam int, days_idle int, n_7d int, n_prev21d int, long_days_7d int,
       completion float8, study_hours float8, accuracy float8, mock_avg float8, mock_best float8,
       active_sessions_per_week float8, avg_session_min float8, velocity float8, target float8, acc_7d float8,
       acc_prev21d float8, hours_7d float8, target_hours_week float8, hard_accuracy float8, next_module text,
       domains int[], domain_scores float8[], domain_questions int[])
on conflict (subject_id) do update
   set recorded_at = excluded.recorded_at, modules_completed = excluded.modules_completed,
       modules_total = excluded.modules_total, mock_count = excluded.mock_count, streak = excluded.streak,
       practice_questions = excluded.practice_questions, prep_days = excluded.prep_days,
       days_to_exam = excluded.days_to_exam, days_idle = excluded.days_idle, n_7d = excluded.n_7d,
       n_prev21d = excluded.n_prev21d, long_days_7d = excluded.long_days_7d, completion = excluded.completion,
       study_hours = excluded.study_hours, accuracy = excluded.accuracy, mock_avg = excluded.mock_avg,
       mock_best = excluded.mock_best, active_sessions_per_week = excluded.active_sessions_per_week,
       avg_session_min = excluded.avg_session_min, velocity = excluded.velocity, target = excluded.target,
       acc_7d = excluded.acc_7d, acc_prev21d = excluded.acc_prev21d, hours_7d = excluded.hours_7d,
       target_hours_week = excluded.target_hours_week, hard_accuracy = excluded.hard_accuracy,
       next_module = excluded.next_module, domains = excluded.domains, domain_scores = excluded.domain_scores,
       domain_questions = excluded.domain_questions
 where r.recorded_at <= excluded.recorded_at
