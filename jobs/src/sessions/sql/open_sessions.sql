-- Of people who are there: an erasure comes wholly before this transaction or wholly after it.
insert into insights.sessions (subject_id, external_id, started_at, ingested_at, tz, tz_valid, local_date)
select t.subject_id, t.external_id, t.started_at, coalesce(t.ingested_at, statement_timestamp()), t.tz, t.tz_valid, t.local_date
  from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::boolean[], $7::date[])
       with ordinality as t (subject_id, external_id, started_at, ingested_at, tz, tz_valid, local_date, place)
  join insights.subjects p on p.subject_id = t.subject_id and p.erased_at is null
 order by t.place
   for share of p
returning session_id, subject_id, external_id
