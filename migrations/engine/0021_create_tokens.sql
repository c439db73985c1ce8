-- Who may call over HTTP. Of a token's secret only the SHA-256 is kept: 32 random bytes need no slower hash.
create table windlass.tokens (
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    id         text        not null,
    role       text        not null,
    name       text        not null,               -- whose it is: what a pause or a replay is signed with
    secret     bytea       not null,
    queues     text[],                             -- the queues it is for; null: all
    constraint a_token_is_known_by_its_id primary key (id),
    constraint role_is_read_enqueue_operate_or_admin check (role in ('read', 'enqueue', 'operate', 'admin')),
    constraint name_is_short check (length(name) between 1 and 64),
    constraint secret_is_a_sha256 check (octet_length(secret) = 32)
);
