-- Of these people those that are still there: an erasure or a reset comes wholly before this transaction or wholly after it.
select subject_id, tz
  from insights.subjects
 where subject_id = any($1) and erased_at is null
 order by subject_id
   for share
