-- How much the jobs that wait and run take, with their indexes.
select pg_total_relation_size('windlass.jobs')::float8
