-- The server: its connections, how old its oldest transactions are, and how far ahead the history has its days.
select (select coalesce(extract(epoch from max(now() - xact_start)), 0)::float8
          from pg_stat_activity
         where pid <> pg_backend_pid() and backend_type = 'client backend') as oldest_backend,
       (select coalesce(extract(epoch from max(now() - prepared)), 0)::float8 from pg_prepared_xacts) as oldest_prepared,
       (select count(*) filter (where state = 'active') from pg_stat_activity where backend_type = 'client backend') as active,
       (select count(*) filter (where state like 'idle in transaction%') from pg_stat_activity) as in_transaction,
       (select count(*) filter (where state = 'idle') from pg_stat_activity where backend_type = 'client backend') as idle,
       current_setting('max_connections')::bigint as most,
       (select age(datfrozenxid)::bigint from pg_database where datname = current_database()) as xid_age,
       (select coalesce(extract(epoch from to_date(right(max(c.relname::text), 10), 'YYYY_MM_DD') + interval '1 day'
                                - (now() at time zone 'utc')), 0)::float8
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'windlass.history'::regclass and c.relname ~ '^history_[0-9]{4}_') as horizon
