insert into insights.claims (run_id, amount_cents, event_date, filed_date, resolved_date, quantity, evidence_count,
                             prior_claims, claim_id, seller_id, source, claim_type, marketplace, label, split, content_hash)
select s.run_id, (s.cells ->> 9)::bigint, (s.cells ->> 4)::date, (s.cells ->> 5)::date, (s.cells ->> 6)::date,
       (s.cells ->> 8)::integer, (s.cells ->> 10)::integer, (s.cells ->> 11)::integer, s.key, s.cells ->> 1, s.cells ->> 2,
       s.cells ->> 3, s.cells ->> 7, s.cells ->> 12,
       -- The first 8 bytes of the hash over 2^64, as claims::split computes it.
       case when u.share < 0.70 then 'train' when u.share < 0.85 then 'val' else 'test' end,
       s.content_hash
  from insights.backfill_staging s
 cross join lateral (
       select (('x' || encode(substring(sha256(convert_to('claims-split:v1:' || s.key, 'UTF8')) from 1 for 4), 'hex'))
                   ::bit(32)::bigint & 4294967295) / 4294967296.0::float8
            + (('x' || encode(substring(sha256(convert_to('claims-split:v1:' || s.key, 'UTF8')) from 5 for 4), 'hex'))
                   ::bit(32)::bigint & 4294967295) / 18446744073709551616.0::float8 as share) u
 where s.run_id = $1 and s.seq between $2 and $3 and s.reasons = 0 and not s.skipped
   and $4::text is not null and $5::timestamptz is not null
    on conflict on constraint a_claim_is_known_by_its_id do nothing
