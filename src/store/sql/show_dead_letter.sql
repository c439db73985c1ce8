select d.id, d.queue, d.kind, d.reason, d.error, d.fingerprint, d.attempt, d.failures, d.max_failures, d.crashes, d.args::text as args,
       d.args_version, d.unique_key, d.created_at, d.scheduled_at, d.attempted_at, d.died_at,
       d.replayed_at, d.replayed_as, d.replayed_by, d.replayed_why, d.discarded_at, d.edits, d.revision,
       d.traceparent
  from windlass.queues q
  join windlass.dead_letters d on d.queue = q.name and d.id = $1
