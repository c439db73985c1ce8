-- What was advised before keeps when it was first seen; what comes back after it was resolved is seen anew.
insert into insights.recommendations as r (subject_id, type, subject, priority, first_seen, last_seen)
select t.subject_id, t.type, t.subject, t.priority, $1, $1
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) as t (subject_id, type, subject, priority)
on conflict (subject_id, type, subject) do update
   set priority = excluded.priority, last_seen = excluded.last_seen, resolved_at = null,
       first_seen = case when r.resolved_at is null then r.first_seen else excluded.first_seen end
 where r.last_seen <= excluded.last_seen
