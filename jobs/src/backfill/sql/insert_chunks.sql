insert into insights.backfill_chunks (run_id, seq, byte_from, byte_to, after_key, upto_key, first_row, rows, sha256)
select $1, t.* from unnest($2::integer[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
                           $9::bytea[]) as t
