-- Months that are due, a page of people at a time.
select key as subject_id, bucket as month, dirty_seq
  from insights.dirty_buckets
 where scope = 'narrative_month' and dirty_seq > computed_seq and due_at <= $1
   and ($2::date is null or bucket = $2)
   and ($3::bigint is null or (key, bucket) > ($3, $4::date))
 order by key, bucket
 limit $5
