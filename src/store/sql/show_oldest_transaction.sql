-- For how many seconds the oldest of the others' transactions has been open.
select extract(epoch from max(now() - xact_start))::float8
  from pg_stat_activity
 where pid <> pg_backend_pid() and backend_type = 'client backend'
