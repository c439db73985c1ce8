-- The least that a queue's table can be.
create table ceiling (
    id          bigint      generated always as identity primary key,
    run_at      timestamptz not null default now(),
    leased_at   timestamptz,
    attempt     integer     not null default 0,
    priority    smallint    not null default 3,
    state       smallint    not null default 0,
    leased_by   text,
    payload     jsonb       not null
);
create index ceiling_to_claim on ceiling (priority, run_at, id) where state = 0;
