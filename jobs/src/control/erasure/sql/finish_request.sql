update insights.erasure_requests set finished_at = statement_timestamp() where request_id = $1
