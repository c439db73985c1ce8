select exists (select from insights.subjects where subject_id = $1 and erased_at is null)
