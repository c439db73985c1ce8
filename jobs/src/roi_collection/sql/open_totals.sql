declare roi_rows no scroll cursor for
 select t.day::text || ':' || t.category::text as entry_id, null::text as learner_id, null::bigint as subject_id,
        (t.day::timestamp at time zone $3)::timestamptz as ts, t.category::text, t.total_micros::bigint as amount_micros
   from {table} t
  where t.day >= ($1 at time zone $3)::date and t.day < ($2 at time zone $3)::date
