select s.external_id, s.local_date, s.tz_valid, e.status, e.n_user_turns, e.n_tokens, e.weight, e.valence, e.arousal, e.dominance,
       e.emotions, e.dominant_emotion, e.volatility, e.slope, e.peak, e."end", e.coverage, e.pattern
  from insights.subjects p
  join insights.sessions s on s.subject_id = p.subject_id
  left join insights.session_emotions e on e.subject_id = s.subject_id and e.session_id = s.session_id
 where p.source = $1
 order by s.session_id
