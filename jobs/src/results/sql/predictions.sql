select s.external_id as learner_id, s.subject_id, p.features, p.bayes, p.regression, p.rules, p.p, p.lo, p.hi, p.agreement,
       p.status, p.domains, p.interventions
  from insights.subjects s
  join insights.pass_predictions p on p.subject_id = s.subject_id and p.as_of = $2
 where s.source = $1
 order by s.subject_id
