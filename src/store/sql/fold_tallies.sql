-- Adds tallies to their groups, at most 1,000. Whoever resolves or discards a group folds first, so a death that is folded later
-- is one that they have not seen: it opens the group again. Tallies of groups that are gone go with them; what has died but has
-- no group yet waits for it. Says how many it took, and whether some wait.
with taken as (
    delete from windlass.dead_letter_tallies
     where id = any(array(
            select t.id
              from windlass.dead_letter_tallies t
             where exists (
                    select from windlass.dead_letter_groups g where g.queue = t.queue and g.fingerprint = t.fingerprint)
                or not exists (
                    select from windlass.dead_letter_tallies o
                     where o.queue = t.queue and o.fingerprint = t.fingerprint and o.died > 0)
             limit 1000
             for update skip locked))
    returning *
), sums as materialized (
    select queue, fingerprint,
           sum(died)::bigint as died, sum(open)::bigint as open, sum(kept)::bigint as kept,
           min(at) filter (where died > 0) as first_died_at,
           max(at) filter (where died > 0) as last_died_at,
           (array_agg(sample order by at desc) filter (where sample is not null))[1] as sample,
           coalesce(array_agg(distinct revision order by revision) filter (where revision is not null), '{}') as revisions
      from taken
     group by queue, fingerprint
), locked as materialized (
    select g.queue, g.fingerprint
      from sums s
      join windlass.dead_letter_groups g on g.queue = s.queue and g.fingerprint = s.fingerprint
     order by g.queue, g.fingerprint
       for update of g
), folded as (
    update windlass.dead_letter_groups g
       set died = g.died + s.died,
           open = g.open + s.open,
           kept = g.kept + s.kept,
           first_died_at = least(g.first_died_at, s.first_died_at),
           last_died_at = greatest(g.last_died_at, s.last_died_at),
           sample = coalesce(s.sample, g.sample),
           -- The last eight, the newest last.
           revisions = (
               select coalesce(array_agg(r order by place), '{}')
                 from (select r, max(place) as place
                         from unnest(g.revisions || s.revisions) with ordinality as a (r, place)
                        group by r order by 2 desc limit 8) as last),
           state = case when g.state in ('resolved', 'discarded') and s.died > 0 then 'open' else g.state end,
           reopened_at = case
               when g.state in ('resolved', 'discarded') and s.died > 0 then s.last_died_at
               else g.reopened_at
           end
      from locked l
      join sums s on s.queue = l.queue and s.fingerprint = l.fingerprint
     where g.queue = l.queue and g.fingerprint = l.fingerprint
), trend as (
    insert into windlass.dead_letter_hours as h (queue, fingerprint, hour, died)
    select queue, fingerprint, date_trunc('hour', at, 'UTC'), sum(died)
      from taken
     where died > 0
     group by 1, 2, 3
     order by 1, 2, 3
    on conflict (queue, fingerprint, hour) do update set died = h.died + excluded.died
)
select (select count(*) from taken),
       exists (
           select from windlass.dead_letter_tallies t
            where t.died > 0
              and not exists (
                    select from windlass.dead_letter_groups g where g.queue = t.queue and g.fingerprint = t.fingerprint))
