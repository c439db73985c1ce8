with over as (
    select alert_key, opened_at
      from insights.alerts
     where alert_key = any($1::text[]) and closed_at is null
     order by alert_key
       for update
)
update insights.alerts a
   set closed_at = statement_timestamp(), last_seen = statement_timestamp()
  from over
 where a.alert_key = over.alert_key and a.opened_at = over.opened_at
