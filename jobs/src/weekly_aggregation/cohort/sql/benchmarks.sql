-- How a cohort's active learners do, or everybody's ($2 is null): type 7 of Hyndman & Fan (1996), which is percentile_cont.
-- Sums of fractions are taken in a fixed order, here as everywhere: the last digit is not to depend on the order of rows.
insert into insights.benchmarks (as_of, cohort_id, metric, n, suppressed, mean, sd, p25, p50, p75, p90)
with value as (
    select v.metric, v.x
      from insights.learner_measures m
      join insights.learners l using (subject_id)
     cross join lateral (values ('accuracy', m.accuracy), ('hours', m.hours), ('questions', m.questions::float8),
                                ('streak', m.streak::float8)) as v (metric, x)
     where m.as_of = $1 and ($2::int is null or l.cohort_id = $2) and v.x is not null
), told as (
    select metric, count(*)::int as n, avg(x order by x) as mean, stddev_samp(x order by x) as sd,
           percentile_cont(array[0.25, 0.5, 0.75, 0.9]) within group (order by x) as p
      from value
     group by metric
)
select $1, coalesce($2, 0), k.metric, coalesce(n, 0), coalesce(n, 0) < $3,
       case when n >= $3 then mean end, case when n >= $3 then sd end, case when n >= $3 then p[1] end,
       case when n >= $3 then p[2] end, case when n >= $3 then p[3] end, case when n >= $3 then p[4] end
  from (values ('accuracy'), ('hours'), ('questions'), ('streak')) as k (metric)
  left join told using (metric)
on conflict (cohort_id, as_of, metric) do update
   set n = excluded.n, suppressed = excluded.suppressed, mean = excluded.mean, sd = excluded.sd, p25 = excluded.p25,
       p50 = excluded.p50, p75 = excluded.p75, p90 = excluded.p90
