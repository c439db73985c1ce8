-- What ticked meanwhile is dealt with by the schedule's rule for missed ticks.
update windlass.schedules s
   set paused_at = null
  from (select name, paused_at from windlass.schedules where name = $1 for update) was
 where s.name = was.name
returning was.paused_at
