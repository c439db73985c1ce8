-- The next letters to release, and whether anybody knows their kind.
select i.queue, i.letter, exists (select from windlass.kinds k where k.kind = i.kind) as known
  from windlass.replay_items i
 where i.replay = $1 and i.state = 'waiting'
 order by i.place
 limit $2
