-- Months that are due, with what their job needs; a page of people at a time.
select b.key as subject_id, b.bucket as month, b.dirty_seq, p.tz
  from insights.dirty_buckets b
  join insights.subjects p on p.subject_id = b.key
 where b.scope = 'narrative_month' and b.dirty_seq > b.computed_seq and b.due_at <= $1
   and ($2::date is null or b.bucket = $2)
   and (b.key, b.bucket) > ($3, $4)
 order by b.key, b.bucket
 limit $5
