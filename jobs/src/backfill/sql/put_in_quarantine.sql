insert into insights.backfill_quarantine (run_id, row_no, key, reasons, raw, raw_sha256)
select $1, t.row_no, t.key, string_to_array(t.codes, '|'), t.raw, sha256(t.raw)
  from unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[]) as t (row_no, key, codes, raw)
    on conflict on constraint a_row_is_in_quarantine_once do update
   set key = excluded.key, reasons = excluded.reasons, raw = excluded.raw, raw_sha256 = excluded.raw_sha256
