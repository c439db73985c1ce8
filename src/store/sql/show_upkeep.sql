-- How the tables are kept: the history's days that are ready, what autovacuum has left of the jobs, and the server's clock.
select (select count(*)
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'windlass.history'::regclass
           and c.relname > 'history_' || to_char(statement_timestamp() at time zone 'utc', 'YYYY_MM_DD')
           and c.relname ~ '^history_[0-9]{4}_') as days_ahead,
       coalesce(s.n_live_tup, 0) as live_rows,
       coalesce(s.n_dead_tup, 0) as dead_rows,
       statement_timestamp() as now
  from (select 1) one
  left join pg_stat_user_tables s on s.relid = 'windlass.jobs'::regclass
