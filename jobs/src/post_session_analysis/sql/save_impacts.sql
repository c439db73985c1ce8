insert into insights.turn_impacts (
    subject_id, session_id, month, turn_index, role, class, valence, arousal, dominance, delta, impact)
select $1, $2, $3, t.*
  from unnest($4::integer[], $5::text[], $6::text[], $7::float8[], $8::float8[], $9::float8[], $10::float8[], $11::float8[]) as t
