update insights.sessions
   set excluded_at = coalesce($3::timestamptz, statement_timestamp()), revision = revision + 1
 where subject_id = $1 and session_id = $2
returning revision
