-- Sums over one person's sessions of one local date. They add up: a week is at most seven of them.
create table insights.spectrum_daily (
    subject_id bigint    not null,
    local_date date      not null,
    n_sessions integer   not null,
    n_turns    integer   not null,
    n_excluded integer   not null,
    n_empty    integer   not null,
    n_positive integer   not null,
    w          float8    not null,
    wv         float8    not null,
    wv2        float8    not null,
    wa         float8    not null,
    wd         float8    not null,
    wvol       float8    not null,
    vmin       float8,
    vmax       float8,
    emo        float8[]  not null,
    patterns   integer[] not null,
    constraint a_person_has_one_row_a_day primary key (subject_id, local_date)
);

-- What changed since it was last aggregated. The row is also the lock under which its bucket is rebuilt.
create table insights.dirty_buckets (
    scope        text        not null,
    key          bigint      not null,
    bucket       date        not null,
    dirty_seq    bigint      not null default 1,
    computed_seq bigint      not null default 0,
    dirty_since  timestamptz not null default now(),
    due_at       timestamptz not null,
    constraint a_bucket_is_dirty_once primary key (scope, key, bucket)
);
create index dirty_buckets_open on insights.dirty_buckets (due_at) where dirty_seq > computed_seq;
