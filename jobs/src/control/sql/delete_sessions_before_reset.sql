-- What a person said before their spectrum began anew.
update insights.sessions s
   set deleted_at = statement_timestamp(), revision = s.revision + 1
  from insights.subjects p
 where p.subject_id = $1 and s.subject_id = $1 and s.started_at < p.reset_at and s.deleted_at is null
