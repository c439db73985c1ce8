-- One open request of a scope and person is enough: what it finds when it works is removed.
with open as (
    select request_id
      from insights.erasure_requests
     where subject_id = $1 and scope = $2 and finished_at is null
     order by request_id
     limit 1
), new as (
    insert into insights.erasure_requests (subject_id, scope, subject_hash, due_at)
    select $1, $2, $3, statement_timestamp() + $4 * interval '1 day'
     where not exists (select from open)
    returning request_id
)
select request_id from open union all select request_id from new
