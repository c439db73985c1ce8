-- The tombstone. It waits for the transactions that write about the person, and those that come see it.
update insights.subjects
   set erased_at = coalesce(erased_at, statement_timestamp())
 where subject_id = $1
returning source, external_id
