select c.archetype, c.n, c.observed, c.z, c.prior, c.new, c.capped, c.reason
  from insights.calibration_runs r
  join insights.calibrations c on c.version = r.version
 where r.win_start = $1 and r.win_end = $2
