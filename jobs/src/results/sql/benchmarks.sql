select coalesce(c.name, 'global') as cohort, b.metric, b.n, b.suppressed, b.mean, b.sd, b.p25, b.p50, b.p75, b.p90
  from insights.benchmarks b
  left join insights.cohorts c using (cohort_id)
 where b.as_of = $1
 order by cohort, b.metric
