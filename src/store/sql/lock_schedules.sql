-- Programs declare one after the other: two that declare and retire each other's schedules would wait for each other.
select pg_advisory_xact_lock(hashtextextended('windlass.schedules', 0))::text
