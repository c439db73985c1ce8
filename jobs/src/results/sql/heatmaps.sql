-- The heatmaps of a source's first learners with any use.
select s.external_id as learner_id, s.tz, h.kind, h.cells
  from (select s.* from insights.subjects s
         where s.source = $1 and exists (select from insights.learner_measures m where m.subject_id = s.subject_id)
         order by s.subject_id limit $2) s
  join insights.heatmaps h on h.subject_id = s.subject_id and h.as_of = $3
 order by s.subject_id, h.kind
