select s.external_id as learner_id, c.name as cohort_id, m.weeks_observed, m.velocity_raw, m.velocity_ema, m.velocity_next,
       m.adoption_rate, m.entropy_bits, m.concentration, d.name as top_domain, m.top_share, m.is_specialist, m.transfer, m.reuse,
       m.retention_strength, m.momentum, m.churn_risk, m.usage_28d, m.usage_90d, m.scores, m.provisional, m.archetype,
       m.confidence
  from insights.subjects s
  join insights.learner_metrics m using (subject_id)
  left join insights.cohorts c using (cohort_id)
  left join insights.curriculum d on d.item_id = m.top_domain
 where s.source = $1
 order by m.subject_id
