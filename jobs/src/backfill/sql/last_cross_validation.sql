-- Of the last run of the target that went through.
select g.detail
  from insights.backfill_runs r
  join insights.gate_results g on g.run_id = r.run_id and g.gate = 3
 where r.target = $1 and r.run_id <> $2 and r.state = 'done' and r.reverted_at is null
 order by r.finished_at desc
 limit 1
