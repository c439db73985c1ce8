-- Why a run was not made: one of the same source and mapping, or another that works on the target.
select run_id, state, spec_hash = $1 as same
  from insights.backfill_runs
 where (spec_hash = $1 and state not in ('failed', 'cancelled'))
    or (target = $2 and state in ('planned', 'running', 'paused', 'validating', 'integrating'))
 order by same desc
 limit 1
