-- The windows that were asked for, and whether an entry has come since they were computed.
create table insights.roi_windows (
    win_start    timestamptz not null,
    win_end      timestamptz not null,
    dirty_since  timestamptz not null default statement_timestamp(),
    due_at       timestamptz not null default statement_timestamp(),
    dirty_seq    bigint      not null default 1,
    computed_seq bigint      not null default 0,
    cohort_id    integer     not null,
    constraint a_window_of_a_cohort_is_dirty_once primary key (cohort_id, win_end, win_start),
    constraint a_window_belongs_to_a_cohort foreign key (cohort_id) references insights.cohorts,
    constraint a_window_begins_before_it_ends check (win_start < win_end)
);
create index roi_windows_open on insights.roi_windows (due_at) where dirty_seq > computed_seq;

-- A learner's window. The sums are exact; the ratios follow from them and are never written.
create table insights.roi_learner (
    subject_id          bigint      not null,
    win_start           timestamptz not null,
    win_end             timestamptz not null,
    computed_at         timestamptz not null default now(),
    cost_micros         bigint      not null,
    value_micros        bigint      not null,
    computed_seq        bigint      not null,
    capabilities        integer     not null,              -- first used in the window
    roi                 float8 generated always as
        (case when cost_micros > 0 then value_micros::float8 / cost_micros::float8 end) stored,
    net_roi             float8 generated always as
        (case when cost_micros > 0 then (value_micros - cost_micros)::float8 / cost_micros::float8 end) stored,
    cost_per_capability float8 generated always as
        (case when cost_micros > 0 and capabilities > 0 then cost_micros::float8 / capabilities::float8 end) stored,
    flag                text generated always as
        (case when cost_micros = 0 then 'no_cost' when cost_micros < 0 then 'net_refund' end) stored,
    constraint a_learner_has_one_row_a_window primary key (subject_id, win_start, win_end),
    constraint capabilities_are_counted check (capabilities >= 0)
);

-- A cohort's window. It keeps the multipliers' version that it was first published with.
create table insights.roi_cohort (
    win_start           timestamptz not null,
    win_end             timestamptz not null,
    computed_at         timestamptz not null default now(),
    cost_micros         bigint      not null,              -- of learners with a cost, as are the next
    value_micros        bigint      not null,
    computed_seq        bigint      not null,
    n                   bigint      not null,
    n_with_roi          bigint      not null,
    actual              float8,
    predicted           float8,
    variance            float8,
    mean_learner_roi    float8,
    cohort_id           integer     not null,
    calibration_version integer,
    trend               text,
    alert               text,
    trajectory          float8[]    not null,
    constraint a_cohort_has_one_row_a_window primary key (cohort_id, win_end, win_start),
    constraint those_with_roi_are_among_all check (n_with_roi between 0 and n),
    constraint a_variance_compares_two check ((variance is null) = (actual is null or predicted is null)),
    constraint trend_is_known check (trend in ('improving', 'degrading', 'stable')),
    constraint alert_is_warning_or_critical check (alert in ('warning', 'critical'))
);
