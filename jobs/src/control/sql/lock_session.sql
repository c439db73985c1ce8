select local_date, ended_at is not null as closed, excluded_at is not null as excluded
  from insights.sessions
 where subject_id = $1 and session_id = $2 and deleted_at is null
   for update
