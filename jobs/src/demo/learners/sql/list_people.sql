select external_id, subject_id from insights.subjects where source = $1
