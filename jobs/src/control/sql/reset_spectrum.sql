-- A reset is never taken back by an earlier one.
update insights.subjects
   set reset_at = greatest(reset_at, coalesce($2::timestamptz, statement_timestamp()))
 where subject_id = $1 and erased_at is null
returning reset_at, source, external_id, tz
