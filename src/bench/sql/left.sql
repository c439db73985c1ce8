-- How many of the bench's jobs have not ended.
select count(*) from windlass.jobs where queue = 'bench' and kind = 'bench_noop'
