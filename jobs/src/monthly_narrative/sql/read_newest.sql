select version, body, input_hash, prompt_name, prompt_revision, model, route_reason, rubric, rubric_score, status
  from insights.insights
 where subject_id = $1 and month = $2
 order by version desc
 limit 1
