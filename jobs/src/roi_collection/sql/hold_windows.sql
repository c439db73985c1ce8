select pg_advisory_xact_lock(hashtextextended('insights.roi_windows', 0))
