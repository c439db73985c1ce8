-- A token that is good now.
select id, secret, name, role, queues
  from windlass.tokens
 where id = $1
   and revoked_at is null
   and (expires_at is null or expires_at > coalesce($2::timestamptz, statement_timestamp()))
