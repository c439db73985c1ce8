update insights.subject_calls set granted = $2 where subject_id = $1
