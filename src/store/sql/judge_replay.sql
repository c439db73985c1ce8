-- How the last 20 of this cycle ended: all of them, and those that died.
select count(*)::integer as endings,
       count(*) filter (where state in ('died_same', 'died_other'))::integer as deaths,
       count(*) filter (where state = 'died_same')::integer as same
  from (select state from windlass.replay_items
         where replay = $1 and ended_at is not null and released_at >= $2
         order by ended_at desc, place desc
         limit 20) last
