insert into insights.session_emotions as e (
    subject_id, session_id, session_revision, analyzer, status, n_user_turns, n_tokens, weight, valence, arousal, dominance,
    emotions, dominant_emotion, volatility, slope, peak, "end", coverage, pattern)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
on conflict (subject_id, session_id) do update
   set session_revision = excluded.session_revision, analyzer = excluded.analyzer, status = excluded.status,
       n_user_turns = excluded.n_user_turns, n_tokens = excluded.n_tokens, weight = excluded.weight,
       valence = excluded.valence, arousal = excluded.arousal, dominance = excluded.dominance,
       emotions = excluded.emotions, dominant_emotion = excluded.dominant_emotion, volatility = excluded.volatility,
       slope = excluded.slope, peak = excluded.peak, "end" = excluded."end", coverage = excluded.coverage,
       pattern = excluded.pattern, computed_at = now()
 where e.session_revision <= excluded.session_revision
