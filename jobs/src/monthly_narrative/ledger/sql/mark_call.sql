update insights.cost_ledger set outcome = $5 where day = $1 and job_id = $2 and attempt = $3 and call_seq = $4
