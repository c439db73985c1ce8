select * from insights.learner_records where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3 order by subject_id
