select * from insights.learner_records where subject_id = any($1::bigint[]) and subject_id between $2 and $3 order by subject_id
