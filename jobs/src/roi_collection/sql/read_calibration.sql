select version, prior_version, activated_at from insights.calibration_runs where win_start = $1 and win_end = $2
