-- All tokens, the newest first; never their secrets.
select id, name, role, queues, created_at, expires_at, revoked_at
  from windlass.tokens
 order by created_at desc, id
