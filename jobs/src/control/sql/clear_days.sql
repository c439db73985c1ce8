delete from insights.spectrum_daily where subject_id = $1 and local_date < $2
