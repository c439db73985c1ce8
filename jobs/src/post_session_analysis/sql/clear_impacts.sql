delete from insights.turn_impacts where subject_id = $1 and session_id = $2 and month = $3
