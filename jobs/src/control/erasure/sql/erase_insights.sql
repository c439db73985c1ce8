select insights.erase_insights(subject_id, date_trunc('month', reset_at at time zone 'UTC')::date)
  from insights.subjects
 where subject_id = $1 and reset_at is not null
