-- Keys of a queue whose time is over; at most 1,000.
with over as materialized (
    select kind, key from windlass.unique_keys
     where queue = $1 and expires_at < coalesce($2::timestamptz, statement_timestamp())
     order by expires_at limit 1000
     for update skip locked
)
delete from windlass.unique_keys k
 using over o
 where k.queue = $1 and k.kind = o.kind and k.key = o.key
