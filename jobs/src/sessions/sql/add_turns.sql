insert into insights.turns (month, subject_id, session_id, turn_index, role, body)
select * from unnest($1::date[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[])
