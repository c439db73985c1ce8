-- A good row that is integrated just so is skipped; any row under the id of another one conflicts with it (bit 10).
update insights.backfill_staging s
   set skipped = s.reasons = 0 and s.content_hash = c.content_hash,
       reasons = s.reasons | case when s.content_hash = c.content_hash then 0 else 1024 end
  from insights.claims c
 where s.run_id = $1 and s.key is not null and c.claim_id = s.key and $2::text is not null and $3::timestamptz is not null
