delete from insights.claims where run_id = $1
