-- A source's months with an analysed session, each with its published text if it has one.
select p.external_id, m.month, m.n_sessions, m.n_turns, m.n_excluded, m.valence, m.valence_delta, m.volatility, m.diversity,
       m.positive_share, m.dominant_emotion, m.patterns, best.monday as best_week, hardest.monday as hardest_week, i.body, i.input
  from insights.subjects p
  join insights.spectrum_monthly m on m.subject_id = p.subject_id and m.status = 'ok'
  left join insights.insights i on i.subject_id = p.subject_id and i.month = m.month and i.status = 'published'
  left join lateral (
    select monday from insights.spectrum_weekly
     where subject_id = p.subject_id and status = 'ok'
       and monday + 3 >= m.month and monday + 3 < m.month + interval '1 month'
     order by valence desc, monday
     limit 1) as best on true
  left join lateral (
    select monday from insights.spectrum_weekly
     where subject_id = p.subject_id and status = 'ok'
       and monday + 3 >= m.month and monday + 3 < m.month + interval '1 month'
     order by valence, monday
     limit 1) as hardest on true
 where p.source = $1
 order by p.external_id, m.month
