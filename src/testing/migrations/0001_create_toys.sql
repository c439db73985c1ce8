create table toys.starts (number bigint not null, attempt integer not null, pid bigint not null,
                          at timestamptz not null default clock_timestamp());
create table toys.effects (number bigint not null, attempt integer not null);
create table toys.gate (opened_at timestamptz not null default clock_timestamp());
