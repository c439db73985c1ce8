select s.external_id, t.turn_index, t.role, t.class, t.valence, t.arousal, t.dominance, t.delta, t.impact
  from insights.subjects p
  join insights.sessions s on s.subject_id = p.subject_id
  join insights.turn_impacts t on t.subject_id = s.subject_id and t.session_id = s.session_id
       and t.month = date_trunc('month', s.local_date)::date
 where p.source = $1
 order by s.session_id, t.turn_index
