-- One row a worker process ("session"): the lease is the process's, not the job's.
create table windlass.workers (
    session      uuid        not null,
    lease_until  timestamptz not null,
    started_at   timestamptz not null,
    condemned_at timestamptz,
    pid          integer     not null,
    host         text        not null,
    version      text        not null,
    queues       text[]      not null,
    constraint a_worker_is_known_by_its_session primary key (session)
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0
);

-- The queues and kinds that the programs on this database know, written by `migrate` and by every worker.
create table windlass.queues (
    name       text        not null,
    created_at timestamptz not null,
    constraint a_queue_is_known_by_its_name primary key (name)
);

create table windlass.kinds (
    kind         text        not null,
    queue        text        not null,
    args_version smallint    not null,
    published_at timestamptz not null,
    constraint a_kind_is_known_by_its_name primary key (kind)
);
