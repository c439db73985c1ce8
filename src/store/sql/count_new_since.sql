-- Letters that died of the same causes since the replay was planned; no more are counted than 10,000.
select count(*)
  from windlass.replays r
 cross join lateral (
       select distinct queue, fingerprint from windlass.replay_items where replay = r.id and place <= 1000) g
 cross join lateral (
       select 1 from windlass.dead_letters d
        where d.queue = g.queue and d.fingerprint = g.fingerprint and d.replayed_at is null and d.discarded_at is null
          and d.died_at > r.planned_at
        limit 10000) n
 where r.id = $1
