-- Weeks and months from their days: at most 7 and 31 rows each, whatever the history. Days are summed in their order, so
-- that a bucket is the same to the last bit however it came about. A bucket without a day has no row.
-- Formulas: valence and its like are means weighted by the sessions' weights; emotions are shares of their sum; diversity is
-- Shannon's entropy of the shares, 1 for eight equal ones. Answers with the buckets whose content is another than before.
with sums as (
    select o.scope, o.subject_id, o.bucket, o.seq, d.*
      from unnest($1::text[], $2::bigint[], $3::date[], $4::bigint[]) as o (scope, subject_id, bucket, seq)
     cross join lateral (
        select count(*) as days, sum(n_sessions)::integer as n_sessions, sum(n_turns)::integer as n_turns,
               sum(n_excluded)::integer as n_excluded, sum(n_empty)::integer as n_empty, sum(n_positive) as n_positive,
               sum(w) as w, sum(wv) as wv, sum(wv2) as wv2, sum(wa) as wa, sum(wd) as wd, sum(wvol) as wvol,
               min(vmin) as vmin, max(vmax) as vmax,
               sum(emo[1]) as e1, sum(emo[2]) as e2, sum(emo[3]) as e3, sum(emo[4]) as e4,
               sum(emo[5]) as e5, sum(emo[6]) as e6, sum(emo[7]) as e7, sum(emo[8]) as e8,
               array[sum(patterns[1]), sum(patterns[2]), sum(patterns[3]), sum(patterns[4]), sum(patterns[5]),
                   sum(patterns[6]), sum(patterns[7])]::integer[] as patterns
          from (select *
                  from insights.spectrum_daily
                 where subject_id = o.subject_id
                   and local_date >= o.bucket
                   and local_date < o.bucket + case o.scope when 'spectrum_week' then interval '7 days' else interval '1 month' end
                 order by local_date) as days) as d
), means as (
    select scope, subject_id, bucket, seq, days, n_sessions, n_turns, n_excluded, n_empty, m.*
      from sums
      -- All null for a bucket without an analysed session.
      left join lateral (
        select total.w as weight, wv / total.w as valence, sqrt(greatest(0, wv2 / total.w - (wv / total.w) * (wv / total.w))) as valence_sd,
               wa / total.w as arousal, wd / total.w as dominance, wvol / total.w as volatility, n_positive / n as positive_share,
               vmin as valence_min, vmax as valence_max, patterns,
               case when e = 0 then 0 else e1 / e end as p1, case when e = 0 then 0 else e2 / e end as p2,
               case when e = 0 then 0 else e3 / e end as p3, case when e = 0 then 0 else e4 / e end as p4,
               case when e = 0 then 0 else e5 / e end as p5, case when e = 0 then 0 else e6 / e end as p6,
               case when e = 0 then 0 else e7 / e end as p7, case when e = 0 then 0 else e8 / e end as p8
          from (values (e1 + e2 + e3 + e4 + e5 + e6 + e7 + e8, nullif(sums.w, 0), nullif(n_sessions, 0)::float8)) as total (e, w, n)) as m
        on n_sessions > 0
), rolled as (
    select *,
           case when n_sessions > 0 then 'ok' else 'insufficient_data' end as status,
           case when n_sessions > 0 then array[p1, p2, p3, p4, p5, p6, p7, p8] end as emotions,
           -- + 0: never -0
           - (case when p1 > 0 then p1 * ln(p1) else 0 end + case when p2 > 0 then p2 * ln(p2) else 0 end
               + case when p3 > 0 then p3 * ln(p3) else 0 end + case when p4 > 0 then p4 * ln(p4) else 0 end
               + case when p5 > 0 then p5 * ln(p5) else 0 end + case when p6 > 0 then p6 * ln(p6) else 0 end
               + case when p7 > 0 then p7 * ln(p7) else 0 end + case when p8 > 0 then p8 * ln(p8) else 0 end
           ) / ln(8::float8) + case when n_sessions > 0 then 0 end as diversity,
           case when p1 is null then null
                when greatest(p1, p2, p3, p4, p5, p6, p7, p8) = 0 then 'none'
                -- The first within 1e-12 of the greatest.
                when p1 >= greatest(p2, p3, p4, p5, p6, p7, p8) - 1e-12 then 'joy'
                when p2 >= greatest(p1, p3, p4, p5, p6, p7, p8) - 1e-12 then 'trust'
                when p3 >= greatest(p1, p2, p4, p5, p6, p7, p8) - 1e-12 then 'fear'
                when p4 >= greatest(p1, p2, p3, p5, p6, p7, p8) - 1e-12 then 'surprise'
                when p5 >= greatest(p1, p2, p3, p4, p6, p7, p8) - 1e-12 then 'sadness'
                when p6 >= greatest(p1, p2, p3, p4, p5, p7, p8) - 1e-12 then 'disgust'
                when p7 >= greatest(p1, p2, p3, p4, p5, p6, p8) - 1e-12 then 'anger'
                else 'anticipation' end as dominant_emotion
      from means
), hashed as (
    select *,
           extract(isoyear from bucket)::smallint as iso_year, extract(week from bucket)::smallint as iso_week,
           sha256(convert_to(row(status, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd, arousal, dominance,
               volatility, emotions, positive_share, valence_min, valence_max, patterns)::text, 'UTF8')) as content_hash
      from rolled
), before as (
    select h.scope, h.subject_id, h.bucket, h.days, h.content_hash, coalesce(w.content_hash, m.content_hash) as hash_before
      from hashed h
      left join insights.spectrum_weekly w
        on h.scope = 'spectrum_week'
       and w.subject_id = h.subject_id and w.iso_year = h.iso_year and w.iso_week = h.iso_week
      left join insights.spectrum_monthly m
        on h.scope = 'spectrum_month' and m.subject_id = h.subject_id and m.month = h.bucket
), weeks as (
    insert into insights.spectrum_weekly as t (
        subject_id, iso_year, iso_week, monday, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd, arousal,
        dominance, volatility, diversity, positive_share, valence_min, valence_max, computed_seq, status, dominant_emotion,
        emotions, patterns, content_hash)
    select subject_id, iso_year, iso_week, bucket, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd, arousal,
           dominance, volatility, diversity, positive_share, valence_min, valence_max, seq, status, dominant_emotion,
           emotions, patterns, content_hash
      from hashed
     where scope = 'spectrum_week' and days > 0
    on conflict (subject_id, iso_year, iso_week) do update
       set n_sessions = excluded.n_sessions, n_turns = excluded.n_turns, n_excluded = excluded.n_excluded,
           n_empty = excluded.n_empty, weight = excluded.weight, valence = excluded.valence, valence_sd = excluded.valence_sd,
           arousal = excluded.arousal, dominance = excluded.dominance, volatility = excluded.volatility,
           diversity = excluded.diversity, positive_share = excluded.positive_share, valence_min = excluded.valence_min,
           valence_max = excluded.valence_max, computed_seq = excluded.computed_seq, computed_at = now(),
           status = excluded.status, dominant_emotion = excluded.dominant_emotion, emotions = excluded.emotions,
           patterns = excluded.patterns, content_hash = excluded.content_hash,
           valence_delta = case excluded.status when 'ok' then t.valence_delta end,
           valence_ema = case excluded.status when 'ok' then t.valence_ema end,
           valence_z = case excluded.status when 'ok' then t.valence_z end
     where t.computed_seq <= excluded.computed_seq
), no_weeks as (
    delete from insights.spectrum_weekly t
     using hashed h
     where h.scope = 'spectrum_week' and h.days = 0
       and t.subject_id = h.subject_id and t.iso_year = h.iso_year and t.iso_week = h.iso_week
), months as (
    insert into insights.spectrum_monthly as t (
        subject_id, month, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd, arousal, dominance, volatility,
        diversity, positive_share, valence_min, valence_max, computed_seq, status, dominant_emotion, emotions, patterns,
        content_hash)
    select subject_id, bucket, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd, arousal, dominance, volatility,
           diversity, positive_share, valence_min, valence_max, seq, status, dominant_emotion, emotions, patterns, content_hash
      from hashed
     where scope = 'spectrum_month' and days > 0
    on conflict (subject_id, month) do update
       set n_sessions = excluded.n_sessions, n_turns = excluded.n_turns, n_excluded = excluded.n_excluded,
           n_empty = excluded.n_empty, weight = excluded.weight, valence = excluded.valence, valence_sd = excluded.valence_sd,
           arousal = excluded.arousal, dominance = excluded.dominance, volatility = excluded.volatility,
           diversity = excluded.diversity, positive_share = excluded.positive_share, valence_min = excluded.valence_min,
           valence_max = excluded.valence_max, computed_seq = excluded.computed_seq, computed_at = now(),
           status = excluded.status, dominant_emotion = excluded.dominant_emotion, emotions = excluded.emotions,
           patterns = excluded.patterns, content_hash = excluded.content_hash,
           valence_delta = case excluded.status when 'ok' then t.valence_delta end
     where t.computed_seq <= excluded.computed_seq
), no_months as (
    delete from insights.spectrum_monthly t
     using hashed h
     where h.scope = 'spectrum_month' and h.days = 0 and t.subject_id = h.subject_id and t.month = h.bucket
)
select scope, subject_id, bucket
  from before
 where hash_before is distinct from case when days > 0 then content_hash end
 order by subject_id, bucket
