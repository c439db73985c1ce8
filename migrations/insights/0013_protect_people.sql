-- Who sees what. Three roles, which the owner of the cluster makes (they are no database's own):
--   windlass_worker    runs the jobs: reads and writes everything here
--   windlass_narrator  writes texts about months: as the worker, but it cannot read what people said
--   windlass_reader    serves people: sees the rows of the one person that its transaction names, and of nobody erased:
--                      begin; set local app.subject = '17'; select … ; commit
-- Owners and superusers are bound by none of this: connect as one of the three.

-- The person of this transaction. A parameter that a transaction had set locally is '' after it, hence nullif.
create function insights.asking() returns bigint language sql stable as
$$ select nullif(current_setting('app.subject', true), '')::bigint $$;

-- Protects every table that holds rows of people and is not protected yet. A migration that makes such a table calls it.
create function insights.protect_people() returns void language plpgsql as $$
declare
    listed insights.tables_of_people;
    visible text;
begin
    for listed in select * from insights.tables_of_people order by place loop
        execute format('alter table insights.%I enable row level security', listed.name);
        visible := case
            when listed.name = 'subjects' then 'subject_id = (select insights.asking()) and erased_at is null'
            -- Through the policy of subjects: nobody erased is found there.
            else 'subject_id = (select p.subject_id from insights.subjects p where p.subject_id = insights.asking())' end
            || case
            when listed.name = 'sessions' then ' and deleted_at is null'
            when listed.has_sessions and listed.rows_go then format(
                ' and exists (select from insights.sessions s where s.subject_id = %1$I.subject_id and s.session_id = %1$I.session_id)',
                listed.name)
            else '' end;
        if not exists (select from pg_policies where schemaname = 'insights' and tablename = listed.name and policyname = 'own') then
            execute format('create policy own on insights.%I for select using (%s)', listed.name, visible);
        end if;
    end loop;
    perform insights.grant_roles();
end $$;

-- Gives the roles that there are what they may do, and says how to make the others. May be called at any time.
create function insights.grant_roles() returns void language plpgsql as $$
declare
    listed insights.tables_of_people;
    wanted text;
    there  boolean;
begin
    foreach wanted in array array['windlass_worker', 'windlass_narrator', 'windlass_reader'] loop
        there := exists (select from pg_roles where rolname = wanted);
        if not there then
            raise notice 'there is no role %: for row-level security run "create role %" and then "select insights.grant_roles()"',
                wanted, wanted;
            continue;
        end if;
        execute format('grant usage on schema insights to %I', wanted);
        if wanted = 'windlass_reader' then
            continue;
        end if;
        execute format('grant select, insert, update, delete on all tables in schema insights to %I', wanted);
        execute format('grant usage on all sequences in schema insights to %I', wanted);
        for listed in select * from insights.tables_of_people order by place loop
            if not exists (select from pg_policies
                            where schemaname = 'insights' and tablename = listed.name and policyname = wanted) then
                execute format('create policy %I on insights.%I to %I using (true) with check (true)', wanted, listed.name, wanted);
            end if;
        end loop;
    end loop;
    if exists (select from pg_roles where rolname = 'windlass_reader') then
        for listed in select * from insights.tables_of_people where name <> 'erasure_requests' loop
            execute format('grant select on insights.%I to windlass_reader', listed.name);
        end loop;
    end if;
    if exists (select from pg_roles where rolname = 'windlass_narrator') then
        -- Also of the partitions, which one may name.
        for wanted in
            select 'turns' union all
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'insights.turns'::regclass
        loop
            execute format('revoke all on insights.%I from windlass_narrator', wanted);
        end loop;
    end if;
end $$;

select insights.protect_people();

-- A worker may need a new month, and only an owner can make a partition.
alter function insights.make_month(date) security definer set search_path = insights, pg_temp;
