-- What fell outside the days, and is old.
delete from windlass.history_default where ended_at < $1
