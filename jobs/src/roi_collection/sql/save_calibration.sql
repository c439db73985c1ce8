-- The next version, or $1 written over. Under the lock of calibrations.
insert into insights.calibration_runs as r (version, win_start, win_end, prior_version, mean_prior, mean_new, mean_change, why)
values (coalesce($1, (select coalesce(max(version), 0) + 1 from insights.calibration_runs)), $2, $3, $4, $5, $6, $7, $8)
on conflict (version) do update
   set mean_prior = excluded.mean_prior, mean_new = excluded.mean_new, mean_change = excluded.mean_change, why = excluded.why
returning version
