-- Capabilities that nobody of these has used up to as_of: their interactions were taken back, or came later.
delete from insights.capability_usage u
 where u.subject_id + 0 = any($1::bigint[]) and u.subject_id between $2 and $3
   and not exists (
       select from insights.interactions i
        where i.subject_id = u.subject_id and i.subject_id between $2 and $3 and i.capability = u.capability
          and i.ts <= $4 and i.day <= ($4 at time zone 'UTC')::date)
