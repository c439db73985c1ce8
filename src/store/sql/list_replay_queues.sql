-- What a replay holds, by queue and kind.
select queue, kind, count(*) as letters, count(*) filter (where ordering_key is not null) as ordered,
       not exists (select from windlass.kinds k where k.kind = i.kind) as unknown,
       exists (select from windlass.kinds k where k.kind = i.kind and k.paused_at is not null)
           or exists (select from windlass.queues q where q.name = i.queue and q.paused_at is not null) as paused
  from windlass.replay_items i
 where replay = $1
 group by queue, kind
 order by letters desc, queue, kind
