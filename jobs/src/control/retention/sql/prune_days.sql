-- Of some people at once: their part of the key, not the whole table.
delete from insights.spectrum_daily where subject_id = any($1) and local_date < $2
