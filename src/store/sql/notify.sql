-- Nothing is lost with a notification, so nobody waits for the disk.
select pg_notify($1, ''), set_config('synchronous_commit', 'off', true)
