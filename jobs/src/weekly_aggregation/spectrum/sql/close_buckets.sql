-- Locked in the order in which whoever dirties them locks them.
with done as (
    select * from unnest($1::text[], $2::bigint[], $3::date[], $4::bigint[]) as o (scope, key, bucket, seq)
), locked as (
    select b.scope, b.key, b.bucket, d.seq
      from done d
      join insights.dirty_buckets b on b.scope = d.scope and b.key = d.key and b.bucket = d.bucket
     order by b.scope, b.key, b.bucket
       for update of b
)
update insights.dirty_buckets b
   set computed_seq = greatest(b.computed_seq, l.seq)
  from locked l
 where b.scope = l.scope and b.key = l.key and b.bucket = l.bucket
