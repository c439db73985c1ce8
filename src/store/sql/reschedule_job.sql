-- Another time or priority for a waiting job; null: as it is. No row: nothing waits under this id.
update windlass.jobs j
   set scheduled_at = coalesce($2::timestamptz, j.scheduled_at),
       priority = coalesce($3::smallint, j.priority)
  from windlass.queues q
 where j.queue = q.name and j.id = $1 and j.state <> 'running'
returning j.id
