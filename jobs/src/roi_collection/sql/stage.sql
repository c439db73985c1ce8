insert into pg_temp.roi_staged (place, entry_id, learner, subject_id, ts, category, amount_micros)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::bigint[])
