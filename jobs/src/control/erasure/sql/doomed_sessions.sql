-- The deleted ones.
select session_id from insights.sessions where subject_id = $1 and deleted_at is not null order by session_id limit $2
