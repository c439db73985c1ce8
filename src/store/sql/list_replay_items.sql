-- Letters of a replay in their order, after place $2; those in one state ($3), or all.
select queue, letter, kind, fingerprint, place, state, job, released_at, ended_at, note
  from windlass.replay_items
 where replay = $1 and place > $2 and ($3::text is null or state = $3)
 order by place
 limit $4
