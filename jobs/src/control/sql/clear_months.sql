delete from insights.spectrum_monthly where subject_id = $1 and month + interval '1 month' <= $2
