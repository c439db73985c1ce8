-- A person's month, and the text that is published of it, if one is.
select m.n_sessions as sessions, m.n_turns as turns, m.n_excluded as excluded, m.n_empty as empty, m.valence, m.arousal, m.dominance, m.volatility, m.diversity,
       m.positive_share, m.valence_delta, null::float8 as valence_ema, null::float8 as valence_z, m.dominant_emotion, m.emotions,
       m.patterns, i.version, i.body, i.model, i.prompt_name || '-' || i.prompt_revision as prompt, i.rubric_score, i.created_at
  from insights.spectrum_monthly m
  left join insights.insights i on i.subject_id = m.subject_id and i.month = m.month and i.status = 'published'
 where m.subject_id = $1 and m.month = $2
