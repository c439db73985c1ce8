-- By id alone: an id is given to people without its queue, and the queues are few.
select j.id, j.queue, j.kind, j.state, j.attempt, j.failures, j.max_failures, j.crashes, j.priority, j.args::text as args, j.args_version,
       j.unique_key, j.subject, j.created_at, j.scheduled_at, j.attempted_at, j.leased_by, j.ordering_key,
       j.expires_at, j.deferrals, j.cancel_requested_at, j.progress_done, j.progress_total, j.progress_message, j.checkpoint::text as checkpoint,
       j.scheduled_at > coalesce($2::timestamptz, statement_timestamp()) as later
  from windlass.queues q
  join windlass.jobs j on j.queue = q.name and j.id = $1
