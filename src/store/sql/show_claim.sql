-- A claimed job as its claim returned it, for the process that runs it in the claimer's stead; nothing once the claim is
-- no longer that session's at that attempt.
select id, attempt, kind, args::text as args, args_version, priority, failures, max_failures, crashes, deferrals,
       false as expired, cancel_requested_at is not null as cancel_requested, ordering_key is not null as ordered, created_at,
       scheduled_at, attempted_at, checkpoint::text as checkpoint, traceparent
  from windlass.jobs
 where queue = $1 and id = $2 and leased_by = $3 and attempt = $4
