-- What a session holds, as the tables see it.
select queue, id, attempt, kind, cancel_requested_at is not null as cancel_requested,
       (extract(epoch from coalesce($3::timestamptz, statement_timestamp()) - attempted_at) * 1000)::bigint as held_ms
  from windlass.jobs
 where queue = any($1::text[]) and leased_by = $2 and state = 'running'
