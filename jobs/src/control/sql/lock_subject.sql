-- A person who is there: an erasure comes wholly before this transaction or wholly after it.
select source, external_id, tz
  from insights.subjects
 where subject_id = $1 and erased_at is null
   for share
