-- A page of a person's weeks, the newest first.
select monday, n_sessions as sessions, n_turns as turns, n_excluded as excluded, n_empty as empty, valence, arousal, dominance, volatility, diversity, positive_share,
       valence_delta, valence_ema, valence_z, dominant_emotion, emotions, patterns
  from insights.spectrum_weekly
 where subject_id = $1 and (iso_year, iso_week) < ($2, $3)
 order by iso_year desc, iso_week desc
 limit $4
