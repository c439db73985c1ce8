select subject_id from insights.subjects where subject_id > $1 order by subject_id limit $2
