declare roi_rows no scroll cursor for
 select t.entry_id::text, t.learner_id::text, null::bigint as subject_id, t.ts::timestamptz, t.category::text,
        t.amount_micros::bigint
   from {table} t
  where t.ts >= $1 and t.ts < $2
