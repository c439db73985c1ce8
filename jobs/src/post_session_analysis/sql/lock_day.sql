-- The day's row is the lock: of two sessions of one day that are analysed at once, the second rebuilds the day with the
-- first in it. The day is rebuilt in this very transaction, so it is computed as soon as it is dirty.
insert into insights.dirty_buckets as d (scope, key, bucket, computed_seq, due_at)
values ('spectrum_day', $1, $2, 1, statement_timestamp())
on conflict (scope, key, bucket) do update
   set dirty_seq = d.dirty_seq + 1, computed_seq = d.dirty_seq + 1, dirty_since = statement_timestamp()
