-- The days of a source on which an alert of a difference is open.
select alert_key, (body ->> 'day')::date as day
  from insights.alerts
 where closed_at is null
   and alert_key like 'roi\_reconcile:%'
   and body ->> 'source' = $1
   and body ? 'day'
