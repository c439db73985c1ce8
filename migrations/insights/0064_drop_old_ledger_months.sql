-- The ledger's months go too, after seven years.
create or replace function insights.drop_months(kept text, before date) returns setof date language plpgsql
security definer set search_path = insights, pg_temp as $$
declare
    partition text;
    first     date;
begin
    if kept not in ('turns', 'turn_impacts', 'cost_ledger') then
        raise exception 'drop_months takes turns, turn_impacts or cost_ledger, not %', kept;
    end if;
    for partition in
        select c.relname
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = format('insights.%I', kept)::regclass
           and c.relname ~ ('^' || kept || '_\d{4}_\d\d$')
         order by 1
    loop
        first := to_date(right(partition, 7), 'YYYY_MM');
        if (first + interval '1 month')::date <= before then
            execute format('drop table insights.%I', partition);
            return next first;
        end if;
    end loop;
end $$;
