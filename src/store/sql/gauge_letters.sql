-- Open dead letters by queue and kind: from their groups and what has not been folded into them yet, a few rows however many letters
-- there are. A group that somebody has snoozed, resolved or discarded is no cause that waits for anybody.
select queue, kind, sum(open)::bigint as open,
       count(*) filter (where state = 'open' and open > 0) as groups,
       coalesce(extract(epoch from coalesce($1::timestamptz, statement_timestamp())
                        - min(since) filter (where state = 'open' and open > 0)), 0)::float8 as oldest_seconds
  from (select queue, kind, open, state, coalesce(reopened_at, first_died_at) as since from windlass.dead_letter_groups
         union all
        select queue, kind, open, null, null from windlass.dead_letter_tallies) letters
 group by queue, kind
