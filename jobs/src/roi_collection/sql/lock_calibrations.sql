select pg_advisory_xact_lock(hashtextextended('insights.calibrations', 0))
