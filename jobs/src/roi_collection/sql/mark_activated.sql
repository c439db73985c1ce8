update insights.calibration_runs set activated_at = statement_timestamp(), activated_by = $2 where version = $1
