-- Versions of the multipliers, the newest first, each with its five in the archetypes' order ($1).
select r.version, bool_or(c.active) as active, r.win_end, r.activated_at, r.activated_by, r.why,
       array_agg(c.new order by array_position($1::text[], c.archetype)) as multipliers
  from insights.calibration_runs r
  join insights.calibrations c using (version)
 group by r.version
 order by r.version desc
 limit $2
