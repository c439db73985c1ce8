insert into windlass.audit (at, id, actor, role, action, target, queue, why, before, after, request)
values (coalesce($1::timestamptz, statement_timestamp()), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
