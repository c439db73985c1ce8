insert into insights.insights (
    subject_id, month, version, body, input, input_hash, prompt_name, prompt_revision, model, route_reason, check_codes, rubric,
    rubric_score)
select $1, $2, 1 + coalesce((select max(version) from insights.insights where subject_id = $1 and month = $2), 0),
       $3, $4, $5, $6, $7, $8, $9, '{}', $10, $11
returning version
