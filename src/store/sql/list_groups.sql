-- Groups with what is not folded into them yet, the one with the most open letters first. One fingerprint ($2), or all.
select g.queue, g.fingerprint, g.kind, g.reason, g.title, g.assignee, g.note, g.snoozed_until, g.reopened_at, g.state_at,
       least(g.first_died_at, t.first_died_at) as first_died_at,
       greatest(g.last_died_at, t.last_died_at) as last_died_at,
       (g.died + t.died)::bigint as died, (g.open + t.open)::bigint as open, (g.kept + t.kept)::bigint as kept,
       coalesce(t.sample, g.sample) as sample, g.revisions,
       case
           when g.state = 'snoozed' and g.snoozed_until <= coalesce($4::timestamptz, statement_timestamp()) then 'open'
           when g.state in ('resolved', 'discarded') and t.died > 0 then 'open'
           else g.state
       end as state
  from windlass.dead_letter_groups g
 cross join lateral (
       select coalesce(sum(died), 0) as died, coalesce(sum(open), 0) as open, coalesce(sum(kept), 0) as kept,
              min(at) filter (where died > 0) as first_died_at, max(at) filter (where died > 0) as last_died_at,
              (array_agg(sample order by at desc) filter (where sample is not null))[1] as sample
         from windlass.dead_letter_tallies
        where queue = g.queue and fingerprint = g.fingerprint) t
 where g.queue = any($1::text[])
   and ($2::text is null or g.fingerprint = $2)
 order by open desc, last_died_at desc, g.fingerprint
 limit $3
