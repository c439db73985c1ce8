-- Tells the database which queues and kinds this program knows. An older program never takes a newer version back.
with asked as (
    select * from unnest($1::text[], $2::text[], $3::smallint[], $5::smallint[], $6::integer[], $7::jsonb[], $8::jsonb[],
            $9::jsonb[]) as t (kind, queue, args_version, priority, max_failures, identity, args_schema, shown)
), queues as (
    insert into windlass.queues (name, created_at)
    select distinct queue, coalesce($4::timestamptz, statement_timestamp()) from asked order by queue
    on conflict (name) do nothing
)
insert into windlass.kinds as k (
    kind, queue, args_version, priority, max_failures, identity, args_schema, shown, published_at)
select kind, queue, args_version, priority, max_failures, identity, args_schema, shown,
       coalesce($4::timestamptz, statement_timestamp())
  from asked
 order by kind
on conflict (kind) do update
   set queue = excluded.queue, args_version = excluded.args_version, priority = excluded.priority,
       max_failures = excluded.max_failures, identity = excluded.identity, args_schema = excluded.args_schema,
       shown = excluded.shown, published_at = excluded.published_at
 where k.args_version < excluded.args_version
    or (k.args_version = excluded.args_version
        and (k.queue, k.priority, k.max_failures, k.identity, k.args_schema, k.shown)
            is distinct from
            (excluded.queue, excluded.priority, excluded.max_failures, excluded.identity, excluded.args_schema,
             excluded.shown))
