insert into insights.pass_predictions as p
       (subject_id, as_of, p, lo, hi, bayes, regression, rules, agreement, status, interventions, features, domains)
select t.subject_id, $1, t.p, t.lo, t.hi, t.bayes, t.regression, t.rules, t.agreement, t.status, t.interventions, t.features,
       t.domains
  from jsonb_to_recordset($2) as t (
       subject_id bigint, p float8, lo float8, hi float8, bayes float8, regression float8, rules float8, agreement float8,
       status text, interventions text[], features jsonb, domains jsonb)
on conflict (subject_id, as_of) do update
   set p = excluded.p, lo = excluded.lo, hi = excluded.hi, bayes = excluded.bayes, regression = excluded.regression,
       rules = excluded.rules, agreement = excluded.agreement, status = excluded.status,
       interventions = excluded.interventions, features = excluded.features, domains = excluded.domains
