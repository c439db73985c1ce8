-- The tombstone is read under lock: whoever sets it waits for us, or we write nothing.
select erased_at is not null as erased, reset_at from insights.subjects where subject_id = $1 for share
