-- How a cohort does, and everybody (cohort 0). A group too small to be looked into is counted and no more.
create table insights.benchmarks (
    as_of      timestamptz not null,
    cohort_id  integer     not null,
    n          integer     not null,
    suppressed boolean     not null,
    mean       float8,
    sd         float8,
    p25        float8,
    p50        float8,
    p75        float8,
    p90        float8,
    metric     text        not null,
    constraint a_cohort_has_one_benchmark_of_a_metric primary key (cohort_id, as_of, metric),
    constraint metric_of_a_benchmark_is_known check (metric in ('accuracy', 'hours', 'questions', 'streak')),
    constraint a_suppressed_benchmark_says_nothing check (not suppressed or num_nonnulls(mean, sd, p25, p50, p75, p90) = 0)
);

-- Where a cohort's members stand on average: domain, pace, engagement, retention.
create table insights.cohort_positions (
    as_of     timestamptz not null,
    cohort_id integer     not null,
    n         integer     not null,
    mean      float8[],                                   -- null: nobody
    constraint a_cohort_has_one_position primary key (cohort_id, as_of)
);

create table insights.cohort_workflows (
    as_of       timestamptz not null,
    cohort_id   integer     not null,
    place       integer     not null,
    workflow_id integer     not null,
    score       float8      not null,
    constraint a_workflow_has_one_place_in_a_cohort primary key (cohort_id, as_of, place)
);

create table insights.cohort_gaps (
    as_of        timestamptz not null,
    cohort_id    integer     not null,
    place        integer     not null,
    capability   integer     not null,
    adoption_gap float8      not null,
    accuracy_gap float8      not null,
    severity     float8      not null,
    constraint a_gap_has_one_place_in_a_cohort primary key (cohort_id, as_of, place)
);

-- A bucket in figures. What they should be is not checked: they are properties of the data.
create table insights.learner_summaries (
    as_of                  timestamptz not null,
    n_learners             integer     not null,
    mapping_errors         integer     not null,          -- learners who declared no cohort, or one that there is not
    holdout_accuracy       float8,                        -- 1 - WAPE of the forecast
    holdout_accuracy_naive float8,                        -- the same of "next = last"
    confident_share        float8,
    very_confident_share   float8,
    churn_auc              float8,                        -- once four weeks have told who stayed
    archetypes             jsonb       not null,
    retention              jsonb       not null,
    constraint a_bucket_has_one_summary primary key (as_of)
);
