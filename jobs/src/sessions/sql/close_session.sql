-- A session is closed once; closing it again finds nothing.
update insights.sessions
   set ended_at = coalesce($3::timestamptz, statement_timestamp())
 where subject_id = $1 and session_id = $2 and ended_at is null
returning revision
