select request_id, scope, requested_at, due_at, finished_at, deleted_counts
  from insights.erasure_requests
 where request_id = $1
