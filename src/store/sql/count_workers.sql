-- Worker processes that live.
select count(*) from windlass.workers where condemned_at is null and lease_until > coalesce($1::timestamptz, statement_timestamp())
