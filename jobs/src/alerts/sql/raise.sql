-- One open alert a key, brought up to date for as long as it lasts; in the keys' order, so that two jobs never wait for
-- each other.
insert into insights.alerts as a (alert_key, severity, body)
select t.* from unnest($1::text[], $2::text[], $3::jsonb[]) as t (alert_key, severity, body) order by t.alert_key
on conflict (alert_key) where closed_at is null do update
   set severity = excluded.severity, body = excluded.body, last_seen = excluded.last_seen
