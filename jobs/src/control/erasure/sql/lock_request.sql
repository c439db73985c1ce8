-- Two that work on one request take turns.
select scope, subject_id, finished_at is not null as finished
  from insights.erasure_requests
 where request_id = $1
   for update
