insert into insights.mastery_predictions as m
       (subject_id, as_of, domain, n_now, points, questions, questions_lo, questions_hi, rate_per_day, sec_per_question,
        slope, intercept, current, days, days_lo, days_hi, hours, status, model, plan)
select t.subject_id, $1, t.domain, t.n_now, t.points, t.questions, t.questions_lo, t.questions_hi, t.rate_per_day,
       t.sec_per_question, t.slope, t.intercept, t.current, t.days, t.days_lo, t.days_hi, t.hours, t.status, t.model, t.plan
  from jsonb_to_recordset($2) as t (
       subject_id bigint, domain int, n_now int, points int, questions int, questions_lo int, questions_hi int,
       rate_per_day float8, sec_per_question float8, slope float8, intercept float8, current float8, days float8, days_lo float8, days_hi float8,
       hours float8, status text, model text, plan jsonb)
on conflict (subject_id, domain) do update
   set as_of = excluded.as_of, n_now = excluded.n_now, points = excluded.points, questions = excluded.questions,
       questions_lo = excluded.questions_lo, questions_hi = excluded.questions_hi, rate_per_day = excluded.rate_per_day,
       sec_per_question = excluded.sec_per_question, slope = excluded.slope, intercept = excluded.intercept, current = excluded.current, days = excluded.days,
       days_lo = excluded.days_lo, days_hi = excluded.days_hi, hours = excluded.hours, status = excluded.status,
       model = excluded.model, plan = excluded.plan
 where m.as_of <= excluded.as_of
