update insights.insights set status = 'superseded' where subject_id = $1 and month = $2 and status = 'published'
