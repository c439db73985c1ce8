-- To sessions that are there: a deletion comes wholly before this transaction or wholly after it.
insert into insights.turns (month, subject_id, session_id, turn_index, role, body)
select t.*
  from unnest($1::date[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[])
       as t (month, subject_id, session_id, turn_index, role, body)
  join insights.sessions s on s.subject_id = t.subject_id and s.session_id = t.session_id and s.deleted_at is null
   for share of s
