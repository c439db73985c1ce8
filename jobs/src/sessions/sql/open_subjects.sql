insert into insights.subjects (source, external_id, tz, enrolled_at)
select $1, t.external_id, t.tz, coalesce($4::timestamptz, statement_timestamp())
  from unnest($2::text[], $3::text[]) with ordinality as t (external_id, tz, place)
 order by t.place
returning subject_id, external_id
