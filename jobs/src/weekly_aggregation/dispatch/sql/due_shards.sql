-- Shards with a bucket that is due, each with its oldest one and a fingerprint of what is due: the same state of the same
-- buckets is the same work. Only open buckets are in the index.
select key - ((key % $2) + $2) % $2 as shard,
       min(bucket) as oldest,
       bit_xor(hashtextextended(concat_ws(':', scope, key, bucket, dirty_seq), 0)) as fingerprint
  from insights.dirty_buckets
 where dirty_seq > computed_seq
   and due_at <= $1
   and scope in ('spectrum_month', 'spectrum_week')
 group by 1
 order by 1
