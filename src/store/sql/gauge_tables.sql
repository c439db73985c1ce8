-- How the tables that grow are kept, as the server counts it, with their sizes.
select relname::text as name, n_live_tup as live, n_dead_tup as dead, pg_total_relation_size(relid) as bytes,
       coalesce(extract(epoch from greatest(last_autovacuum, last_vacuum)), 0)::float8 as vacuumed_at
  from pg_stat_user_tables
 where schemaname = 'windlass' and relname = any($1)
