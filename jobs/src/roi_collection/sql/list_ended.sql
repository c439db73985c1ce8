-- Experiments that have ended and lack a metric by now: churn is known $2 days later. How many they have makes the next job
-- another one.
select e.experiment, e.win_start, e.win_end, count(r.metric) as metrics
  from insights.experiments e
  left join insights.ab_readouts r on r.experiment = e.experiment and r.as_of = e.win_end
 where e.win_end <= $1
 group by e.experiment
having count(r.metric) < case when e.win_end + $2 * interval '24 hours' <= $1 then 3 else 2 end
 order by e.experiment
