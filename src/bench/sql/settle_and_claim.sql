with settled as (
    delete from ceiling where id = any(:held::bigint[])
), claimed as (
    update ceiling
       set state = 1, attempt = attempt + 1, leased_by = 'pgbench', leased_at = now()
     where id = any(array(
            select id from ceiling
             where state = 0 and run_at <= now()
             order by priority, run_at, id
             limit :claims
             for update skip locked))
    returning id, payload
)
select coalesce(array_agg(id), '{}') as held, coalesce(string_agg(payload::text, ','), '') as payloads from claimed \gset
