-- Asked after the locks are held: calls are granted in the order of their times.
select coalesce($1, clock_timestamp())
