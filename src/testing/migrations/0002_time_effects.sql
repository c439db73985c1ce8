alter table toys.effects add column at timestamptz not null default clock_timestamp();
