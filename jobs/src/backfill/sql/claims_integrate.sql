insert into insights.claims (run_id, amount_cents, event_date, filed_date, resolved_date, quantity, evidence_count,
                             prior_claims, claim_id, seller_id, source, claim_type, marketplace, label, split, content_hash)
select s.run_id, (s.cells ->> 9)::bigint, (s.cells ->> 4)::date, (s.cells ->> 5)::date, (s.cells ->> 6)::date,
       (s.cells ->> 8)::integer, (s.cells ->> 10)::integer, (s.cells ->> 11)::integer, s.key, s.cells ->> 1, s.cells ->> 2,
       s.cells ->> 3, s.cells ->> 7, s.cells ->> 12,
       -- The first 8 bytes of the hash over 2^64, below 0.70 and 0.85, as claims::split computes it.
       case when h.hash < '\xb333333333333000'::bytea then 'train' when h.hash < '\xd999999999999800'::bytea then 'val' else 'test' end,
       s.content_hash
  from insights.backfill_staging s
 -- Computed once: without the offset it would be, wherever it is named.
 cross join lateral (select sha256(convert_to('claims-split:v1:' || s.key, 'UTF8')) as hash offset 0) h
 where s.run_id = $1 and s.row_no >= (select first_row from insights.backfill_chunks where run_id = $1 and seq = $2)
   and s.row_no < (select first_row + rows from insights.backfill_chunks where run_id = $1 and seq = $3)
   and s.reasons = 0 and not s.skipped
   and $4::text is not null and $5::timestamptz is not null
    on conflict on constraint a_claim_is_known_by_its_id do nothing
