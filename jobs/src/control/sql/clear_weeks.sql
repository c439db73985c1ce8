delete from insights.spectrum_weekly where subject_id = $1 and monday + 7 <= $2
