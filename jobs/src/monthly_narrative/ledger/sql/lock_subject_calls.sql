select granted from insights.subject_calls where subject_id = $1 for update
