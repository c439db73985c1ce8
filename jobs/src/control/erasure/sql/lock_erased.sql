select from insights.subjects where subject_id = $1 for update
