-- How well the risk foretold who was away for the four weeks after $1: the area under the curve, by Mann & Whitney (1947),
-- ties one half. $2 is the bucket's week, $3 the end of the four weeks.
update insights.learner_summaries
   set churn_auc = (
       with judged as (
           select h.churn_risk,
                  not exists (select from insights.interactions i
                               where i.subject_id = h.subject_id and i.ts > $1 and i.ts <= $3
                                 and i.day between ($1 at time zone 'UTC')::date and ($3 at time zone 'UTC')::date) as away
             from insights.learner_metrics_history h
            where h.week_no = $2
       ), ranked as (
           select away, rank() over (order by churn_risk) + (count(*) over (partition by churn_risk) - 1) / 2.0 as place
             from judged
       )
       select (sum(place) filter (where away) - count(*) filter (where away) * (count(*) filter (where away) + 1) / 2.0)::float8
                  / nullif(count(*) filter (where away) * count(*) filter (where not away), 0)
         from ranked)
 where as_of = $1
