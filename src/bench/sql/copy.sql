copy windlass.jobs (id, queue, kind, args, max_failures, scheduled_at, created_at) from stdin
