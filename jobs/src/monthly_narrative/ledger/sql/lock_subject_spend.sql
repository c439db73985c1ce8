select spent_micros from insights.subject_spend where subject_id = $1 and period = $2 for update
