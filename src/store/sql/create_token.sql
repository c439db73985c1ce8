insert into windlass.tokens (id, secret, name, role, queues, expires_at, created_at)
values ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, statement_timestamp()))
