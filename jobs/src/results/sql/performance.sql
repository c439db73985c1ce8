select s.external_id as learner_id, m.accuracy, m.hours, m.questions, m.streak, l.percentiles
  from insights.subjects s
  join insights.learner_measures m on m.subject_id = s.subject_id and m.as_of = $2
  join insights.learner_metrics l on l.subject_id = s.subject_id and l.as_of = $2
 where s.source = $1
 order by s.subject_id
