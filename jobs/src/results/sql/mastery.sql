-- Every domain of every learner, those without a graded question too; the whole last.
select s.external_id as learner_id, coalesce(d.name, '*') as domain, coalesce(m.n_now, 0) as n_now,
       coalesce(m.points, 0) as points, m.model, m.slope, m.intercept, m.current, m.questions as questions_needed, m.questions_lo, m.questions_hi,
       m.days, m.days_lo, m.days_hi, m.hours, coalesce(m.status, 'insufficient_data') as status,
       coalesce(m.rate_per_day, 0) as rate_per_day, coalesce(m.sec_per_question, 0) as sec_per_question,
       coalesce(m.plan, '[]') as plan
  from insights.subjects s
  join insights.learners l using (subject_id)
 cross join (select item_id, name, place from insights.curriculum where kind = 'domain'
             union all select 0, null, null) as d
  left join insights.mastery_predictions m on m.subject_id = s.subject_id and m.domain = d.item_id
 where s.source = $1
 order by s.subject_id, d.place nulls last
