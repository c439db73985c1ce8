update insights.spectrum_weekly t
   set valence_delta = s.delta, valence_ema = s.ema, valence_z = s.z, computed_at = now()
  from unnest($1::bigint[], $2::date[], $3::float8[], $4::float8[], $5::float8[]) as s (subject_id, monday, delta, ema, z)
 where t.subject_id = s.subject_id
   and t.iso_year = extract(isoyear from s.monday)::smallint
   and t.iso_week = extract(week from s.monday)::smallint
