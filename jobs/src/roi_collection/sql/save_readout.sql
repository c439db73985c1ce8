insert into insights.ab_readouts as r (experiment, as_of, metric, passed, result) values ($1, $2, $3, $4, $5)
on conflict (experiment, as_of, metric) do update set passed = excluded.passed, result = excluded.result
 where (r.passed, r.result) is distinct from (excluded.passed, excluded.result)
