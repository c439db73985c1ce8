-- They have their jobs; should one of them be lost, it is looked at again after the day that it has.
update insights.dirty_buckets b
   set due_at = d.again_at
  from unnest($1::bigint[], $2::date[], $3::bigint[], $4::timestamptz[]) as d (key, bucket, dirty_seq, again_at)
 where b.scope = 'narrative_month' and b.key = d.key and b.bucket = d.bucket and b.dirty_seq = d.dirty_seq
