-- What stands, the most pressing first.
select r.subject_id, r.priority, r.type, r.subject
  from insights.subjects s
  join insights.recommendations r using (subject_id)
 where s.source = $1 and r.resolved_at is null
 order by r.subject_id, array_position(array['critical', 'high', 'medium', 'low'], r.priority),
          array_position(array['intervention', 'weak_domain', 'study_schedule', 'strategy', 'resource', 'next_action'], r.type),
          r.subject collate "C"
