-- A person's month and the weeks whose Thursday lies in it. Asked under a role that cannot read what anybody said.
select p.tier, p.erased_at is not null as erased, p.reset_at, m.status, m.n_sessions, m.n_turns, m.n_excluded, m.valence, m.valence_delta,
       m.volatility, m.diversity, m.positive_share, m.dominant_emotion, m.patterns, best.monday as best_week,
       hardest.monday as hardest_week, coalesce(b.dirty_seq, 0) as dirty_seq
  from insights.subjects p
  left join insights.spectrum_monthly m on m.subject_id = p.subject_id and m.month = $2
  left join insights.dirty_buckets b on b.scope = 'narrative_month' and b.key = p.subject_id and b.bucket = $2
  left join lateral (
    select monday from insights.spectrum_weekly
     where subject_id = p.subject_id and status = 'ok'
       and monday + 3 >= $2 and monday + 3 < $2 + interval '1 month'
     order by valence desc, monday
     limit 1) as best on true
  left join lateral (
    select monday from insights.spectrum_weekly
     where subject_id = p.subject_id and status = 'ok'
       and monday + 3 >= $2 and monday + 3 < $2 + interval '1 month'
     order by valence, monday
     limit 1) as hardest on true
 where p.subject_id = $1
