-- For how long the oldest erasure that is not finished has been past its due time, in seconds.
select greatest(coalesce(extract(epoch from statement_timestamp() - min(due_at)), 0), 0)::float8
  from insights.erasure_requests
 where finished_at is null
