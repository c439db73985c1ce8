-- Pausing what is paused changes nothing, and says since when it is.
update windlass.schedules
   set paused_at = coalesce(paused_at, $2::timestamptz, statement_timestamp())
 where name = $1
returning paused_at
