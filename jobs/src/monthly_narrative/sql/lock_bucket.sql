-- The bucket is the lock of a month's texts: publishing and withdrawing take it first. Where nothing has made the month dirty
-- yet there is no row; then this makes one.
insert into insights.dirty_buckets as b (scope, key, bucket, dirty_seq, computed_seq, due_at)
values ('narrative_month', $1, $2, 0, 0, statement_timestamp())
on conflict (scope, key, bucket) do update set dirty_seq = b.dirty_seq
returning dirty_seq
