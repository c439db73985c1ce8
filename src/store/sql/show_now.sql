-- The server's time, unless a test says otherwise.
select coalesce($1::timestamptz, statement_timestamp())
