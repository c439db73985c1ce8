-- How wide a job's row is.
select coalesce(avg(pg_column_size(j.*)), 0)::bigint from (select * from windlass.jobs limit 1000) j
