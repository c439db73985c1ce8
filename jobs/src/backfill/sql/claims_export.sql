select claim_id as key, (to_jsonb(c) - 'run_id' - 'content_hash')::text as line
  from insights.claims c
 where $1::text is null or claim_id > $1
 order by claim_id
 limit $2
