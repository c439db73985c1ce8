-- They have their jobs. Whoever makes such a bucket dirty again leaves its time alone, so it is not put off for long.
update insights.dirty_buckets b
   set due_at = $4
  from unnest($1::bigint[], $2::date[], $3::bigint[]) as d (key, bucket, dirty_seq)
 where b.scope = 'narrative_month' and b.key = d.key and b.bucket = d.bucket and b.dirty_seq = d.dirty_seq
