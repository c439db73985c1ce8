-- Deaths in each of the last $3 hours of these groups ($1, $2): the group's place from 1 on, how many hours ago, how many.
with now as materialized (
    select date_trunc('hour', coalesce($4::timestamptz, statement_timestamp()), 'UTC') as hour
)
select g.place, extract(epoch from now.hour - x.hour)::bigint / 3600 as ago, sum(x.died)::bigint as died
  from now
 cross join unnest($1::text[], $2::text[]) with ordinality as g (queue, fingerprint, place)
 cross join lateral (
       select h.hour, h.died
         from windlass.dead_letter_hours h
        where h.queue = g.queue and h.fingerprint = g.fingerprint and h.hour > now.hour - $3::integer * interval '1 hour'
       union all
       select date_trunc('hour', t.at, 'UTC'), t.died
         from windlass.dead_letter_tallies t
        where t.queue = g.queue and t.fingerprint = g.fingerprint and t.at >= now.hour - ($3::integer - 1) * interval '1 hour') x
 where x.died > 0
 group by g.place, now.hour, x.hour
