-- Who asked for what to be removed, and whether it was. It outlives the person: of whom there remains an HMAC.
create table insights.erasure_requests (
    request_id     bigint      generated always as identity,
    subject_hash   bytea       not null,
    subject_id     bigint,
    scope          text        not null,
    requested_at   timestamptz not null default now(),
    due_at         timestamptz not null,
    finished_at    timestamptz,
    deleted_counts jsonb       not null default '{}',       -- rows by table
    constraint a_request_is_known_by_its_id primary key (request_id),
    constraint a_request_forgets_whom_it_erased foreign key (subject_id) references insights.subjects on delete set null,
    constraint scope_is_known check (scope in ('session', 'spectrum_reset', 'subject', 'retention')),
    constraint counts_are_an_object check (jsonb_typeof(deleted_counts) = 'object')
);
create index erasure_requests_by_subject on insights.erasure_requests (subject_id) where subject_id is not null;
create index erasure_requests_open on insights.erasure_requests (due_at) where finished_at is null;

-- Every table that holds rows of a person, from the catalogue: a new one cannot be forgotten. Rows go where subject_id is not
-- null; where it may be null they stay without it, for sums must stay right. The place is that of an erasure: what others refer to
-- goes late, and the person last.
create view insights.tables_of_people as
select c.relname as name,
       subject.attnotnull as rows_go,
       session.attnum is not null as has_sessions,
       row_number() over (order by c.relname = 'subjects', c.relname = 'sessions',
           (select count(*) from pg_constraint f where f.contype = 'f' and f.confrelid = c.oid and f.conparentid = 0),
           coalesce(array_position(array['turns', 'turn_impacts', 'session_emotions'], c.relname::text), 99), c.relname) as place
  from pg_class c
  join pg_attribute subject on subject.attrelid = c.oid and subject.attname = 'subject_id' and not subject.attisdropped
  left join pg_attribute session on session.attrelid = c.oid and session.attname = 'session_id' and not session.attisdropped
 where c.relnamespace = 'insights'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition;

-- Removes at most so many of a person's rows from one of those tables, of these sessions only if any are given; answers how
-- many. A request itself is no row to be removed.
create function insights.erase_rows(name text, person bigint, sessions bigint[], most integer) returns bigint language plpgsql as $$
declare
    found    bigint;
    listed   insights.tables_of_people;
    of_these text := case when sessions is null then '' else ' and session_id = any($3)' end;
begin
    select * into strict listed from insights.tables_of_people t where t.name = erase_rows.name;
    execute format(
        case when listed.rows_go then 'delete from insights.%1$I ' else 'update insights.%1$I set subject_id = null ' end
        || 'where subject_id = $1 and (tableoid, ctid) in (
                select tableoid, ctid from insights.%1$I where subject_id = $1' || of_these || ' limit $2)', name)
        using person, most, sessions;
    get diagnostics found = row_count;
    return found;
end $$;

-- How many rows of a person one of those tables holds.
create function insights.count_rows(name text, person bigint) returns bigint language plpgsql stable as $$
declare
    found bigint;
begin
    execute format('select count(*) from insights.%I where subject_id = $1', name) into found using person;
    return found;
end $$;

-- How many rows about a person the engine's tables hold: those of the schema with a column `subject`.
create function insights.count_engine_rows(person bigint) returns table (name text, found bigint) language plpgsql stable as $$
begin
    for name in
        select c.relname
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attname = 'subject' and not a.attisdropped
         where c.relnamespace = 'windlass'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         order by 1
    loop
        execute format('select count(*) from windlass.%I where subject = $1::text', name) into found using person;
        return next;
    end loop;
end $$;

-- Withdraws what is published about these months, where there are narratives at all. Null: however early, however late.
create function insights.withdraw_insights(person bigint, first_month date, last_month date) returns void language plpgsql as $$
begin
    if to_regclass('insights.insights') is not null then
        execute 'update insights.insights set status = ''withdrawn''
                  where subject_id = $1 and status = ''published''
                    and month between coalesce($2, ''-infinity'') and coalesce($3, ''infinity'')'
            using person, first_month, last_month;
    end if;
end $$;

-- Removes a person's narratives of the months before this one; answers how many.
create function insights.erase_insights(person bigint, before_month date) returns bigint language plpgsql as $$
declare
    found bigint := 0;
begin
    if to_regclass('insights.insights') is not null then
        execute 'delete from insights.insights where subject_id = $1 and month < $2' using person, before_month;
        get diagnostics found = row_count;
    end if;
    return found;
end $$;
