-- Whoever turns the history's days holds this until its transaction ends, and waits for no lock for long: a partition is
-- made and dropped under one that settlements would queue behind, and behind a dump of hours.
select set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '30s', true),
       pg_advisory_xact_lock(hashtextextended('windlass.history', 0))::text
