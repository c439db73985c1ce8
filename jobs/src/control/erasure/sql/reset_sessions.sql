-- Those before the reset that still have results.
select s.session_id
  from insights.subjects p
  join insights.sessions s on s.subject_id = p.subject_id and s.started_at < p.reset_at
 where p.subject_id = $1
   and (exists (select from insights.session_emotions e where e.subject_id = $1 and e.session_id = s.session_id)
        or exists (select from insights.turn_impacts t where t.subject_id = $1 and t.session_id = s.session_id))
 order by s.session_id
 limit $2
