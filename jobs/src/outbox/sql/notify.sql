-- A statement of its own, after the commit: a notification inside a transaction makes every commit wait in one line.
select pg_notify('windlass_insights', $1)
