-- Nobody is let in by it any more, from the next look on.
update windlass.tokens
   set revoked_at = coalesce(revoked_at, $2::timestamptz, statement_timestamp())
 where id = $1
