-- What tells a learner's archetype and cohort, and the archetype of the newest week before $5.
select m.subject_id, r.velocity, r.usage, r.retention, m.retention_strength, m.concentration, m.is_specialist, m.usage_90d, l.declared_cohort,
       (select h.archetype
          from insights.learner_metrics_history h
         where h.subject_id = m.subject_id and h.week_no < $5
         order by h.week_no desc
         limit 1) as before
  from insights.learner_measures m
  join insights.learner_ranks r on r.subject_id = m.subject_id and r.subject_id between $2 and $3 and r.as_of = $4
  join insights.learners l on l.subject_id = m.subject_id and l.subject_id between $2 and $3
 where m.subject_id + 0 = any($1::bigint[]) and m.subject_id between $2 and $3 and m.as_of = $4
 order by m.subject_id
