-- The day from its sessions' vectors: a few rows, and the same row however often and in whatever order they came.
-- Sums are taken in the order of the sessions, so that they are the same to the last bit.
-- Excluded sessions count as excluded only; deleted ones and those before a reset leave no trace.
with vectors as (
    select e.*
      from insights.sessions s
      join insights.subjects p on p.subject_id = s.subject_id
      join insights.session_emotions e on e.subject_id = s.subject_id and e.session_id = s.session_id
     where s.subject_id = $1
       and s.local_date = $2
       and s.deleted_at is null
       and not s.started_at < p.reset_at is true
), sums as (
    select count(*) filter (where status = 'ok') as n_sessions,
           coalesce(sum(n_user_turns) filter (where status = 'ok'), 0) as n_turns,
           count(*) filter (where status = 'excluded') as n_excluded,
           count(*) filter (where status = 'empty') as n_empty,
           count(*) filter (where status = 'ok' and valence >= 0.05 - 1e-9) as n_positive,
           coalesce(sum(weight order by session_id) filter (where status = 'ok'), 0) as w,
           coalesce(sum(weight * valence order by session_id), 0) as wv,
           coalesce(sum(weight * valence * valence order by session_id), 0) as wv2,
           coalesce(sum(weight * arousal order by session_id), 0) as wa,
           coalesce(sum(weight * dominance order by session_id), 0) as wd,
           coalesce(sum(weight * volatility order by session_id), 0) as wvol,
           min(valence) as vmin,
           max(valence) as vmax,
           array[
               coalesce(sum(weight * emotions[1] order by session_id), 0), coalesce(sum(weight * emotions[2] order by session_id), 0),
               coalesce(sum(weight * emotions[3] order by session_id), 0), coalesce(sum(weight * emotions[4] order by session_id), 0),
               coalesce(sum(weight * emotions[5] order by session_id), 0), coalesce(sum(weight * emotions[6] order by session_id), 0),
               coalesce(sum(weight * emotions[7] order by session_id), 0), coalesce(sum(weight * emotions[8] order by session_id), 0)
           ] as emo,
           array[
               count(*) filter (where pattern = 'insufficient'), count(*) filter (where pattern = 'volatile'),
               count(*) filter (where pattern = 'improving'), count(*) filter (where pattern = 'declining'),
               count(*) filter (where pattern = 'steady_positive'), count(*) filter (where pattern = 'steady_negative'),
               count(*) filter (where pattern = 'steady_neutral')
           ]::integer[] as patterns,
           count(*) as n
      from vectors
), emptied as (
    delete from insights.spectrum_daily where subject_id = $1 and local_date = $2 and (select n from sums) = 0
)
insert into insights.spectrum_daily (
    subject_id, local_date, n_sessions, n_turns, n_excluded, n_empty, n_positive, w, wv, wv2, wa, wd, wvol, vmin, vmax, emo, patterns)
select $1, $2, n_sessions, n_turns, n_excluded, n_empty, n_positive, w, wv, wv2, wa, wd, wvol, vmin, vmax, emo, patterns
  from sums
 where n > 0
on conflict (subject_id, local_date) do update
   set n_sessions = excluded.n_sessions, n_turns = excluded.n_turns, n_excluded = excluded.n_excluded,
       n_empty = excluded.n_empty, n_positive = excluded.n_positive, w = excluded.w, wv = excluded.wv, wv2 = excluded.wv2,
       wa = excluded.wa, wd = excluded.wd, wvol = excluded.wvol, vmin = excluded.vmin, vmax = excluded.vmax,
       emo = excluded.emo, patterns = excluded.patterns
