-- Due when it has ended, but not for a minute, so that a burst of changes makes one aggregation. What is open already keeps its
-- time. The rows come in the order in which all lock them.
insert into insights.dirty_buckets as d (scope, key, bucket, due_at)
select scope, key, bucket, greatest(due_at, statement_timestamp() + interval '60 seconds')
  from unnest($1::text[], $2::bigint[], $3::date[], $4::timestamptz[]) as t (scope, key, bucket, due_at)
 order by scope, key, bucket
on conflict (scope, key, bucket) do update
   set dirty_seq = d.dirty_seq + 1,
       dirty_since = case when d.dirty_seq > d.computed_seq then d.dirty_since else statement_timestamp() end,
       due_at = case when d.dirty_seq > d.computed_seq then d.due_at else excluded.due_at end
