-- Two roles that the narrative's job takes for a transaction: one reads aggregates and builds prompts and cannot read what
-- anybody said; the other reads what was said and nothing of the prompts, and answers with codes only. Where roles may not be
-- created, somebody who may runs:
--   create role windlass_narrator nologin; create role windlass_leak_checker nologin;
--   grant windlass_narrator, windlass_leak_checker to <the worker's role>;
-- and the grants below. Without them the job runs under the worker's own role. Roles belong to the whole server: another
-- database's migration may make them at the same moment.
do $$
declare
    role text;
begin
    foreach role in array array['windlass_narrator', 'windlass_leak_checker'] loop
        begin
            if not exists (select from pg_roles where rolname = role) then
                execute format('create role %I nologin', role);
            end if;
            if not pg_has_role(current_user, role, 'member') then
                execute format('grant %I to %I', role, current_user);
            end if;
        exception
            when insufficient_privilege or duplicate_object or unique_violation then
                raise notice 'role % is not ours to create or take', role;
        end;
    end loop;
    if exists (select from pg_roles where rolname = 'windlass_narrator') then
        grant usage on schema insights to windlass_narrator;
        grant select on insights.subjects, insights.spectrum_weekly, insights.spectrum_monthly, insights.dirty_buckets,
            insights.insights, insights.prompt_revisions to windlass_narrator;
    end if;
    if exists (select from pg_roles where rolname = 'windlass_leak_checker') then
        grant usage on schema insights to windlass_leak_checker;
        grant select on insights.turns, insights.sessions, insights.session_emotions to windlass_leak_checker;
    end if;
end $$;

-- A reader sees one person, and of the outbox and the ledger nothing. What row-level security leaves open to the two roles is
-- said by policies, which stand ready for the tables that have it.
alter table insights.insights enable row level security;
alter table insights.outbox enable row level security;
alter table insights.cost_ledger enable row level security;
alter table insights.subject_spend enable row level security;
alter table insights.subject_calls enable row level security;
create policy own on insights.insights for select
    using (subject_id = nullif(current_setting('app.subject', true), '')::bigint and status = 'published');
do $$
declare
    name text;
begin
    if exists (select from pg_roles where rolname = 'windlass_narrator') then
        foreach name in array array['subjects', 'spectrum_weekly', 'spectrum_monthly', 'dirty_buckets', 'insights'] loop
            execute format('create policy narrator on insights.%I for select to windlass_narrator using (true)', name);
        end loop;
    end if;
    if exists (select from pg_roles where rolname = 'windlass_leak_checker') then
        foreach name in array array['turns', 'sessions', 'session_emotions'] loop
            execute format('create policy leak_checker on insights.%I for select to windlass_leak_checker using (true)', name);
        end loop;
    end if;
    if exists (select from pg_roles where rolname = 'windlass_worker') then
        foreach name in array array['insights', 'outbox', 'cost_ledger', 'subject_spend', 'subject_calls'] loop
            execute format('create policy worker on insights.%I to windlass_worker using (true) with check (true)', name);
        end loop;
    end if;
end $$;
