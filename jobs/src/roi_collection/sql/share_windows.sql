-- Held to the end of the transaction: a window that is opened meanwhile waits, so that it either is marked dirty by what is
-- booked here or is computed with it.
select pg_advisory_xact_lock_shared(hashtextextended('insights.roi_windows', 0))
