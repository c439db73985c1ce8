-- The multipliers that a cohort's window was published with, or the active ones; none before any are active.
select c.version, c.archetype, c.new
  from insights.calibrations c
 where c.version = coalesce(
           (select r.calibration_version
              from insights.roi_cohort r
             where r.cohort_id = $1 and r.win_start = $2 and r.win_end = $3),
           (select a.version from insights.calibrations a where a.active limit 1))
