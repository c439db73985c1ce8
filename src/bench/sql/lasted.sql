-- How long the bench's jobs took from their enqueueing to their end, and how many had ended $1 seconds after the first came.
with lives as (
    select created_at, ended_at, 1000 * extract(epoch from ended_at - created_at)::float8 as ms
      from windlass.history
     where queue = 'bench' and kind = 'bench_noop'
), shares as (
    select percentile_cont(array[0.5, 0.95, 0.99, 1.0]) within group (order by ms) as ms from lives
), began as (
    select min(created_at) as at from lives
)
select (select count(*) from lives, began where ended_at <= began.at + $1 * interval '1 second') as ended,
       ms[1] as p50, ms[2] as p95, ms[3] as p99, ms[4] as longest
  from shares
