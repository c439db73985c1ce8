-- The same under lock: what is written below stands or falls with what is read here.
select s.revision, s.local_date, p.tz, s.excluded_at is not null as excluded,
       s.deleted_at is not null or p.erased_at is not null or s.started_at < p.reset_at is true as gone
  from insights.sessions s
  join insights.subjects p on p.subject_id = s.subject_id
 where s.subject_id = $1 and s.session_id = $2
   for share
