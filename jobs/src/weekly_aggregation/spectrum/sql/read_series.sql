-- The weeks with a valence that a changed week bears on, from 8 weeks before it on; and the last one before those, for its
-- average goes on.
select c.subject_id, w.monday, w.valence, w.valence_delta, w.valence_ema, w.valence_z
  from unnest($1::bigint[], $2::date[]) as c (subject_id, since)
 cross join lateral (
    (select monday, valence, valence_delta, valence_ema, valence_z
       from insights.spectrum_weekly
      where subject_id = c.subject_id
        and (iso_year, iso_week) < (extract(isoyear from c.since - 56)::smallint, extract(week from c.since - 56)::smallint)
        and status = 'ok'
      order by iso_year desc, iso_week desc
      limit 1)
    union all
    (select monday, valence, valence_delta, valence_ema, valence_z
       from insights.spectrum_weekly
      where subject_id = c.subject_id
        and (iso_year, iso_week) >= (extract(isoyear from c.since - 56)::smallint, extract(week from c.since - 56)::smallint)
        and status = 'ok')) as w
 order by c.subject_id, w.monday
