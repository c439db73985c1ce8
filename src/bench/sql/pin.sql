-- A snapshot that is kept for as long as the connection, and a transaction that everybody must reckon with.
begin isolation level repeatable read;
select pg_current_xact_id(), count(*) from windlass.queues;
