-- The last tick recorded for a schedule, whatever became of it.
select max(tick) from windlass.schedule_ticks where schedule = $1
