-- What the server has done: bytes of its log, and what was committed in this database. It counts statements only if its
-- administrator has let it.
select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as wal,
       d.xact_commit as commits,
       null::bigint as statements
  from pg_stat_database d
 where d.datname = current_database()
