-- How many statements were sent to this database.
select coalesce(sum(calls), 0)::bigint
  from pg_stat_statements
 where toplevel and dbid = (select oid from pg_database where datname = current_database())
