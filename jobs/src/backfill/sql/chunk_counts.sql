select count(*) as chunks, count(*) filter (where state = 'done') as done,
       coalesce(sum(rows) filter (where state = 'done'), 0)::bigint as rows,
       coalesce(sum(seconds), 0)::float8 as seconds
  from insights.backfill_chunks
 where run_id = $1
