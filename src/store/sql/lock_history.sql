-- Whoever turns the history's days holds this until its transaction ends.
select statement_timestamp() from pg_advisory_xact_lock(hashtextextended('windlass.history', 0))
