-- The open differences of a source in a window: the days that have just been compared. A day that the window cuts is left to
-- a window that holds it whole.
select alert_key
  from insights.alerts
 where closed_at is null
   and body ->> 'source' = $1
   and alert_key like 'roi\_reconcile:%'
   and ((body ->> 'day')::date::timestamp at time zone $4) >= $2
   and (((body ->> 'day')::date + 1)::timestamp at time zone $4) <= $3
