-- Enqueueing from SQL, in whatever language: `windlass.enqueue` and `windlass.enqueue_many`. Who may execute them needs
-- nothing else:
--
--     grant usage on schema windlass to app;
--     grant execute on function windlass.enqueue, windlass.enqueue_many, windlass.wake to app;
--
-- Every function names `pg_temp` last: left out, it would come first, and a caller's own `pg_temp.text` would run with the
-- owner's rights.
alter function windlass.standing(text, uuid) set search_path = pg_catalog, pg_temp;

-- What a program says of its kinds, for those who enqueue without it.
alter table windlass.kinds
    add column priority smallint not null default 3,
    add column max_failures integer not null default 10,
    -- The argument fields that two jobs of one key must share; null: all.
    add column identity jsonb,
    -- A JSON Schema of the arguments; null: none was published.
    add column args_schema jsonb,
    add constraint priority_is_one_to_four check (priority between 1 and 4),
    add constraint max_failures_is_positive check (max_failures > 0),
    add constraint identity_is_a_list check (jsonb_typeof(identity) = 'array');

-- Identities that grow with time (UUID version 7, RFC 9562 §5.7): the time in steps of a 4,096th of a millisecond, a batch's
-- jobs in their order.
create function windlass.new_id(started timestamptz, place bigint) returns uuid
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    select (lpad(to_hex(tick >> 12), 12, '0') || '7' || lpad(to_hex(tick & 4095), 3, '0')
            || right(replace(gen_random_uuid()::text, '-', ''), 16))::uuid
      from (select floor(extract(epoch from started) * 4096000)::bigint + place as tick) t
$$;

-- What is wrong with one job of `enqueue_many`, in the words of the other doors; null: nothing. Its kind is known.
create function windlass.refusal(job jsonb) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    field text;
    size bigint;
    moment timestamptz;
begin
    select key into field from jsonb_object_keys(job) as key
     where key not in ('kind', 'args', 'args_version', 'key', 'key_scope', 'run_at', 'delay_seconds', 'expires_at', 'priority',
                       'ordering_key', 'subject', 'traceparent', 'max_failures')
     limit 1;
    if found then
        return format('unknown field %s', to_json(field));
    end if;
    foreach field in array array['key', 'ordering_key', 'subject', 'traceparent'] loop
        continue when coalesce(jsonb_typeof(job -> field), 'null') = 'null';
        if jsonb_typeof(job -> field) <> 'string' then
            return format('%s is no text', field);
        end if;
        size := length(job ->> field);
        if size not between 1 and 512 then
            return format('%s has %s characters; it takes 1 to 512', field, size);
        end if;
    end loop;
    foreach field in array array['run_at', 'expires_at'] loop
        continue when coalesce(jsonb_typeof(job -> field), 'null') = 'null';
        begin
            moment := (job ->> field)::timestamptz;
        exception when data_exception then
            return format('%s is no time; it looks like 2026-01-31T12:00:00Z', field);
        end;
        if not isfinite(moment) or extract(year from moment at time zone 'UTC') not between 1970 and 9999 then
            return format('%s is out of range; a time between the years 1970 and 9999 is needed', field);
        end if;
    end loop;
    foreach field in array array['delay_seconds', 'priority', 'max_failures', 'args_version'] loop
        continue when coalesce(jsonb_typeof(job -> field), 'null') = 'null';
        if jsonb_typeof(job -> field) <> 'number' then
            return format('%s is no number', field);
        end if;
    end loop;
    if (job ->> 'delay_seconds')::numeric not between 0 and 316224000 then
        return format('delay_seconds is %s; 0 to 316224000 (ten years) is needed', job ->> 'delay_seconds');
    elsif (job ->> 'priority')::numeric not in (1, 2, 3, 4) then
        return format('priority is %s; 1 (high) to 4 (low) is needed', job ->> 'priority');
    elsif (job ->> 'max_failures')::numeric not between 1 and 2147483647 or (job ->> 'max_failures')::numeric % 1 <> 0 then
        return format('max_failures is %s; at least 1 is needed', job ->> 'max_failures');
    elsif (job ->> 'args_version')::numeric not between 0 and 32767 or (job ->> 'args_version')::numeric % 1 <> 0 then
        return format('args_version is %s; 0 to 32767 is needed', job ->> 'args_version');
    end if;
    size := octet_length((job -> 'args')::text);
    if size > 65536 then
        return format('args take %s bytes as JSON; at most 65536 are stored: pass an id and keep the data in a table', size);
    elsif size > 100 and jsonb_path_exists(job -> 'args', 'strict $.**{101}') then
        return 'args nest more than 100 levels deep, which no worker decodes; make them flatter';
    end if;
    return windlass.scope_refusal(job -> 'key_scope');
end
$$;

-- What is wrong with how long a key holds: "forever", "while_live", {"for_seconds": 60} or {"per": "day", "zone": "UTC"}.
create function windlass.scope_refusal(scope jsonb) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    ways constant text := 'key_scope is "forever", "while_live", {"for_seconds": 60} or {"per": "day", "zone": "Europe/Berlin"}';
begin
    if coalesce(jsonb_typeof(scope), 'null') = 'null' or scope in ('"forever"', '"while_live"') then
        return null;
    elsif jsonb_typeof(scope) <> 'object' or not (
        scope ? 'for_seconds' and scope - 'for_seconds' = '{}' and jsonb_typeof(scope -> 'for_seconds') = 'number'
        or scope ?& array['per', 'zone'] and scope - array['per', 'zone'] = '{}'
           and jsonb_typeof(scope -> 'per') = 'string' and jsonb_typeof(scope -> 'zone') = 'string'
    ) then
        return ways;
    elsif (scope ->> 'for_seconds')::numeric not between 1 and 316224000 then
        return format('key_scope.for_seconds is %s; 1 to 316224000 (ten years) is needed', scope ->> 'for_seconds');
    elsif scope ->> 'per' not in ('hour', 'day', 'week', 'month') then
        return format('key_scope.per is %s; hour, day, week or month is needed', scope -> 'per');
    elsif scope ? 'zone' then
        begin
            perform now() at time zone (scope ->> 'zone');
        exception when invalid_parameter_value then
            return format('key_scope.zone %s is no time zone; its IANA name is needed, like Europe/Berlin or UTC', scope -> 'zone');
        end;
    end if;
    return null;
end
$$;

-- The statement that every door uses: `src/store/sql/enqueue.sql`, word for word.
create function windlass.enqueue_jobs(
    timestamptz, uuid[], text[], text[], jsonb[], smallint[], smallint[], timestamptz[], bigint[], timestamptz[], integer[],
    text[], text[], text[], text[], jsonb[], boolean[], bigint[], text[], text[]
) returns table (holder uuid, created boolean, same boolean, standing text)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
    return query
-- Any number of jobs in one statement, the key ledger included.
--
-- A key's holder that commits at this very moment is invisible to `on conflict do nothing`, which would then answer
-- nothing at all; a no-op update waits for it and returns it. A key whose time is over changes hands in that update. Keys
-- are taken in order, so that two producers of the same keys cannot deadlock; of the same key twice in one batch the first
-- makes the job. The same key with other arguments is told by the fingerprint, which is taken here: whoever enqueues, in
-- whatever language, the same arguments have the same one.
with at as materialized (
    select coalesce($1::timestamptz, statement_timestamp()) as now
), asked as materialized (
    select *,
           case when unique_key is not null
                then substr(sha256(convert_to(coalesce(identity, args)::text, 'UTF8')), 1, 16)
           end as fingerprint
      from unnest(
        $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::smallint[], $8::timestamptz[],
        $9::bigint[], $10::timestamptz[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::text[],
        $16::jsonb[], $17::boolean[], $18::bigint[], $19::text[], $20::text[]
    ) with ordinality as t (
        id, queue, kind, args, args_version, priority, scheduled_at,
        delay_us, expires_at, max_failures, unique_key, ordering_key, subject, traceparent,
        identity, key_ends, key_for_us, key_per, key_zone, place
    )
), held as (
    insert into windlass.unique_keys as k (queue, kind, key, job_id, fingerprint, created_at, expires_at)
    select distinct on (queue, kind, unique_key)
           queue, kind, unique_key, id, fingerprint, at.now,
           case
               when key_for_us is not null then at.now + key_for_us * interval '1 microsecond'
               when key_per is not null
               then (date_trunc(key_per, at.now at time zone key_zone) + ('1 ' || key_per)::interval) at time zone key_zone
           end
      from asked, at
     where unique_key is not null
     order by queue, kind, unique_key, place
    on conflict (queue, kind, key) do update
       set job_id = case when k.expires_at <= excluded.created_at then excluded.job_id else k.job_id end,
           fingerprint = case when k.expires_at <= excluded.created_at then excluded.fingerprint else k.fingerprint end,
           created_at = case when k.expires_at <= excluded.created_at then excluded.created_at else k.created_at end,
           expires_at = case when k.expires_at <= excluded.created_at then excluded.expires_at else k.expires_at end
    returning k.queue, k.kind, k.key, k.job_id, k.fingerprint
), answered as materialized (
    select a.*, coalesce(h.job_id, a.id) as holder, coalesce(h.fingerprint = a.fingerprint, true) as same
      from asked a
      left join held h on h.queue = a.queue and h.kind = a.kind and h.key = a.unique_key
), created as (
    insert into windlass.jobs (
        id, queue, kind, args, args_version, priority, scheduled_at, expires_at, max_failures,
        unique_key, key_ends, ordering_key, subject, traceparent, created_at)
    select id, queue, kind, args, args_version, priority,
           coalesce(scheduled_at, at.now + delay_us * interval '1 microsecond'),
           expires_at, max_failures, unique_key, key_ends, ordering_key, subject, traceparent, at.now
      from answered, at
     where holder = id
)
select holder,
       holder = id as created,
       same,
       case when holder <> id then windlass.standing(queue, holder) end as standing
  from answered
 order by place
    ;
end
$function$;

-- Enqueues an array of jobs in one statement. One that is wrong refuses them all, by its place and field; a key's conflict is
-- an answer and aborts nothing.
create function windlass.enqueue_many(jobs jsonb)
returns table (place bigint, id uuid, created boolean, conflict boolean, standing text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    started constant timestamptz := clock_timestamp();
    wrong text;
begin
    if jsonb_typeof(jobs) is distinct from 'array' then
        raise invalid_parameter_value using message = 'jobs is no array of objects';
    end if;
    select format('job %s: ', asked.place) || case
               when jsonb_typeof(asked.job) <> 'object' then 'it is no object'
               when coalesce(jsonb_typeof(asked.job -> 'kind'), 'null') <> 'string' then 'kind is missing'
               when known.kind is null then format(
                   'unknown kind %s; there are: %s', asked.job -> 'kind',
                   (select string_agg(k.kind, ', ' order by k.kind) from windlass.kinds k))
               else windlass.refusal(asked.job)
           end
      into wrong
      from jsonb_array_elements(jobs) with ordinality as asked (job, place)
      left join windlass.kinds known on known.kind = asked.job ->> 'kind'
     where jsonb_typeof(asked.job) <> 'object' or known.kind is null or windlass.refusal(asked.job) is not null
     order by asked.place
     limit 1;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    return query
    with asked as (
        select asked.place, asked.job, known.*
          from jsonb_array_elements(jobs) with ordinality as asked (job, place)
          join windlass.kinds known on known.kind = asked.job ->> 'kind'
    ), columns as (
        select array_agg(windlass.new_id(started, place) order by place) as ids,
               array_agg(queue order by place) as queues,
               array_agg(kind order by place) as kinds,
               array_agg(coalesce(nullif(job -> 'args', 'null'), '{}') order by place) as args,
               array_agg(coalesce((job ->> 'args_version')::smallint, args_version) order by place) as args_versions,
               array_agg(coalesce((job ->> 'priority')::smallint, priority) order by place) as priorities,
               array_agg((job ->> 'run_at')::timestamptz order by place) as run_ats,
               array_agg(coalesce(((job ->> 'delay_seconds')::numeric * 1000000)::bigint, 0) order by place) as delays,
               array_agg((job ->> 'expires_at')::timestamptz order by place) as expiries,
               array_agg(coalesce((job ->> 'max_failures')::integer, max_failures) order by place) as max_failures,
               array_agg(job ->> 'key' order by place) as keys,
               array_agg(job ->> 'ordering_key' order by place) as ordering_keys,
               array_agg(job ->> 'subject' order by place) as subjects,
               array_agg(job ->> 'traceparent' order by place) as traceparents,
               array_agg(case when jsonb_typeof(identity) = 'array' and jsonb_typeof(job -> 'args') = 'object' then (
                   select coalesce(jsonb_object_agg(field, job -> 'args' -> field), '{}')
                     from jsonb_array_elements_text(identity) as field
                    where job -> 'args' ? field) end order by place) as identities,
               array_agg(job ->> 'key' is not null and job ->> 'key_scope' is not distinct from 'while_live'
                         order by place) as key_ends,
               array_agg(((job -> 'key_scope' ->> 'for_seconds')::numeric * 1000000)::bigint order by place) as key_fors,
               array_agg(job -> 'key_scope' ->> 'per' order by place) as key_pers,
               array_agg(job -> 'key_scope' ->> 'zone' order by place) as key_zones
          from asked
    )
    select answer.place, answer.holder, answer.created, not answer.same, answer.standing
      from columns c,
           windlass.enqueue_jobs(
               null, c.ids, c.queues, c.kinds, c.args, c.args_versions, c.priorities, c.run_ats, c.delays, c.expiries,
               c.max_failures, c.keys, c.ordering_keys, c.subjects, c.traceparents, c.identities, c.key_ends, c.key_fors,
               c.key_pers, c.key_zones) with ordinality as answer (holder, created, same, standing, place);
end
$function$;

-- Enqueues one job: `select * from windlass.enqueue('greet', '{"person_id": 7}', key => 'greet:7')`. Where the key's job has
-- other arguments, `conflict` is true and nothing was stored.
create function windlass.enqueue(
    kind text, args jsonb default '{}', key text default null, run_at timestamptz default null, delay interval default null,
    priority integer default null, expires_at timestamptz default null, key_scope jsonb default null,
    ordering_key text default null, subject text default null, traceparent text default null, max_failures integer default null,
    args_version integer default null
) returns table (id uuid, created boolean, conflict boolean, standing text)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
    select id, created, conflict, standing
      from windlass.enqueue_many(jsonb_build_array(jsonb_build_object(
           'kind', kind, 'args', args, 'key', key, 'run_at', run_at, 'delay_seconds', extract(epoch from delay),
           'priority', priority, 'expires_at', expires_at, 'key_scope', key_scope, 'ordering_key', ordering_key,
           'subject', subject, 'traceparent', traceparent, 'max_failures', max_failures, 'args_version', args_version)))
$$;

-- Wakes the workers; after the commit, not in it: a notification in a transaction costs a lock that all commits of the
-- instance share. Without it a job is found within a second or so.
create function windlass.wake() returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$ select pg_notify('windlass_jobs', '') $$;

revoke execute on all functions in schema windlass from public;
