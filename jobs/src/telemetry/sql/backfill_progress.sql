-- How far the live runs of each operation are: the least percentage, rows by second of working time, seconds of work left.
with live as (
    select run_id, op, coalesce(total_rows, 0) as total
      from insights.backfill_runs
     where state in ('planned', 'running', 'paused', 'validating', 'integrating')),
done as (
    select l.op, l.total, coalesce(c.rows, 0) as rows, coalesce(c.rows / nullif(c.seconds, 0), 0) as rate
      from live l
     cross join lateral (
           select sum(rows)::float8 as rows, sum(seconds) as seconds
             from insights.backfill_chunks
            where run_id = l.run_id and state = 'done') c)
select op, min(case when total > 0 then 100 * rows / total else 0 end) as percent, sum(rate) as rate,
       coalesce(max((total - rows) / nullif(rate, 0)), 0) as eta_seconds
  from done
 group by op
