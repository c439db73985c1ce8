-- How a job's calls went so far. One that nobody settled was cut short, by a worker's death for one.
select count(*) filter (where outcome in ('failed_check', 'refused', 'invalid')) as unusable,
       count(*) filter (where outcome in ('overloaded', 'timeout') or outcome is null) as failed
  from insights.cost_ledger
 where job_id = $1 and subject_id = $2
