update insights.sessions
   set deleted_at = statement_timestamp(), revision = revision + 1
 where subject_id = $1 and session_id = $2
