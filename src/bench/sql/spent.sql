-- What the server has done: bytes of its log, and what was committed in this database.
select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as wal,
       xact_commit as commits
  from pg_stat_database
 where datname = current_database()
