select s.retention, (select avg(reuse) from insights.learner_measures) as reuse
  from insights.learner_summaries s
 where s.as_of = $1
