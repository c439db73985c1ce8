-- One at a time for each shard: a person's series is written by one transaction at once. Whoever dirties a bucket does not ask
-- for it.
select pg_advisory_xact_lock(hashtextextended('insights.spectrum', $1))
