-- What has become of the bench's jobs.
select (select count(*) from windlass.jobs where queue = 'bench' and kind = 'bench_noop') as waiting,
       count(*) as ended,
       count(distinct id) as ids,
       (select count(*) from windlass.dead_letters where queue = 'bench' and kind = 'bench_noop') as dead
  from windlass.history
 where queue = 'bench' and kind = 'bench_noop' and outcome = 'completed'
