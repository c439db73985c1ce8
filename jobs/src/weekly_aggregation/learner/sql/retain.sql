-- Retention strength and churn risk of a page of learners, now that half-lives are known (4.3.3). $5 stands in for an
-- unknown half-life.
update insights.learner_measures m
   set retention_strength = r.strength,
       churn_risk = least(greatest(1 - r.strength - m.momentum, 0), 1)
  from (select u.subject_id,
               0.5 * min(m.reuse) + 0.5 * avg(least(greatest(
                   1 - extract(epoch from $4 - u.last_use)::float8 / 86400 / (2 * coalesce(h.days, $5)), 0), 1)
                   order by u.capability) as strength
          from insights.capability_usage u
          join insights.learner_measures m on m.subject_id = u.subject_id and m.subject_id between $2 and $3 and m.as_of = $4
          left join insights.half_lives h on h.as_of = $4 and h.capability = u.capability
         where u.subject_id + 0 = any($1::bigint[]) and u.subject_id between $2 and $3
         group by u.subject_id) as r
 where m.subject_id = r.subject_id and m.subject_id between $2 and $3 and m.as_of = $4
