-- What is due of these people's weeks and months. The sequence is read before the days are: what comes in after it leaves the
-- bucket open.
select scope, key, bucket, dirty_seq
  from insights.dirty_buckets
 where scope in ('spectrum_month', 'spectrum_week')
   and key >= $1 and key < $2
   and dirty_seq > computed_seq
   and due_at <= $3
 order by scope, key, bucket
