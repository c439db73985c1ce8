-- Deaths an hour of the last $3 hours, the oldest first, hours without one among them.
select coalesce(sum(x.died), 0)::bigint as died
  from generate_series($3::integer - 1, 0, -1) as ago
  left join lateral (
       select died from windlass.dead_letter_hours h
        where h.queue = $1 and h.fingerprint = $2
          and h.hour = date_trunc('hour', coalesce($4::timestamptz, statement_timestamp()), 'UTC') - ago * interval '1 hour'
       union all
       select t.died from windlass.dead_letter_tallies t
        where t.queue = $1 and t.fingerprint = $2
          and date_trunc('hour', t.at, 'UTC')
              = date_trunc('hour', coalesce($4::timestamptz, statement_timestamp()), 'UTC') - ago * interval '1 hour') x on true
 group by ago
 order by ago desc
