-- The queues whose letters a replay holds.
select q.name
  from windlass.queues q
 where exists (select from windlass.replay_items i where i.queue = q.name and i.replay = $1)
