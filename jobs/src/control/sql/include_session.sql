update insights.sessions
   set excluded_at = null, revision = revision + 1
 where subject_id = $1 and session_id = $2
returning revision
