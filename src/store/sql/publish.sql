-- Tells the database which queues and kinds this program knows. An older program never takes a newer version back.
with asked as (
    select * from unnest($1::text[], $2::text[], $3::smallint[]) as t (kind, queue, args_version)
), queues as (
    insert into windlass.queues (name, created_at)
    select distinct queue, coalesce($4::timestamptz, statement_timestamp()) from asked order by queue
    on conflict (name) do nothing
)
insert into windlass.kinds as k (kind, queue, args_version, published_at)
select kind, queue, args_version, coalesce($4::timestamptz, statement_timestamp()) from asked order by kind
on conflict (kind) do update
   set queue = excluded.queue, args_version = excluded.args_version, published_at = excluded.published_at
 where k.args_version < excluded.args_version or (k.args_version = excluded.args_version and k.queue <> excluded.queue)
