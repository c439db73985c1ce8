-- A schedule's old ticks, some at a time; its last one stays, however old.
delete from windlass.schedule_ticks
 where schedule = $1
   and tick = any (array(
       select tick
         from windlass.schedule_ticks
        where schedule = $1
          and tick < coalesce($3::timestamptz, statement_timestamp()) - $2 * interval '1 microsecond'
          and tick < (select max(tick) from windlass.schedule_ticks where schedule = $1)
        limit 1000))
