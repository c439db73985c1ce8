-- Graded uses beside all uses: a cohort's gaps are sums over its members' capabilities.
alter table insights.capability_usage
    add column graded  integer not null default 0,
    add column correct integer not null default 0,
    add constraint graded_uses_are_uses check (correct <= graded and graded <= uses);

-- What one learner's own interactions tell, as of the bucket that is being computed. Nobody else reads it: a learner's
-- published row is learner_metrics, which is written whole when everyone's ranks are known.
create table insights.learner_measures (
    subject_id         bigint      not null,
    as_of              timestamptz not null,
    last_use           timestamptz not null,
    weeks_observed     integer     not null,
    usage_28d          integer     not null,
    usage_90d          integer     not null,
    questions          integer     not null,
    streak             integer     not null,
    top_domain         integer,
    is_specialist      boolean     not null,
    velocity_raw       float8      not null,
    velocity_ema       float8      not null,
    velocity_next      float8      not null,
    momentum           float8      not null,
    adoption_rate      float8      not null,
    entropy_bits       float8      not null,
    concentration      float8      not null,
    top_share          float8      not null,
    transfer           float8      not null,
    reuse              float8      not null,
    hours              float8      not null,
    accuracy           float8,                            -- null: nothing graded
    holdout_actual     float8,                            -- the last EMA, where it was held out of a forecast
    holdout_forecast   float8,
    holdout_naive      float8,
    retention_strength float8,                            -- once the half-lives are known
    churn_risk         float8,
    constraint a_learner_is_measured_in_one_row primary key (subject_id)
);

-- Uses of a shard's learners by how long they lasted: what half-lives are made of, and all that leaves a shard for them.
create table insights.half_life_parts (
    as_of      timestamptz not null,
    shard_from bigint      not null,
    capability integer     not null,
    days       integer     not null,
    stopped    bigint      not null,
    going_on   bigint      not null,
    constraint a_duration_is_counted_once_a_shard primary key (as_of, shard_from, capability, days)
);

create table insights.half_lives (
    as_of      timestamptz not null,
    capability integer     not null,
    n          integer     not null,
    days       float8,
    method     text        not null,
    constraint a_capability_has_one_half_life primary key (as_of, capability),
    constraint method_of_a_half_life_is_known check (method in ('km', 'exp', 'none')),
    constraint days_are_there_unless_there_is_no_method check ((days is null) = (method = 'none'))
);

-- Where a learner stands among all of their bucket, and in their cohort: mid-ranks, 0 to 1.
create table insights.learner_ranks (
    subject_id       bigint      not null,
    as_of            timestamptz not null,
    velocity         float8      not null,
    usage            float8      not null,
    retention        float8      not null,
    global_accuracy  float8,
    global_hours     float8      not null,
    global_questions float8      not null,
    global_streak    float8      not null,
    cohort_accuracy  float8,                              -- null, as the next three, in a cohort too small to be looked into
    cohort_hours     float8,
    cohort_questions float8,
    cohort_streak    float8,
    constraint a_learner_is_ranked_in_one_row primary key (subject_id)
);

-- The latest of each learner. Written whole, so that no reader meets half of a week.
create table insights.learner_metrics (
    subject_id         bigint      not null,
    as_of              timestamptz not null,
    computed_at        timestamptz not null default now(),
    cohort_id          integer,
    week_no            integer     not null,
    weeks_observed     integer     not null,
    usage_28d          integer     not null,
    usage_90d          integer     not null,
    top_domain         integer,
    is_specialist      boolean     not null,
    provisional        boolean     not null,
    velocity_raw       float8      not null,
    velocity_ema       float8      not null,
    velocity_next      float8      not null,
    adoption_rate      float8      not null,
    entropy_bits       float8      not null,
    concentration      float8      not null,
    top_share          float8      not null,
    transfer           float8      not null,
    reuse              float8      not null,
    retention_strength float8      not null,
    momentum           float8      not null,
    churn_risk         float8      not null,
    confidence         float8      not null,
    archetype          text        not null,
    scores             float8[]    not null,              -- of the archetypes, in their order
    position           float8[]    not null,              -- domain, pace, engagement, retention: as a centroid's
    percentiles        jsonb       not null,
    constraint a_learner_has_one_row_of_metrics primary key (subject_id),
    constraint archetype_is_known check
        (archetype in ('fast_learner', 'specialist', 'power_user', 'long_term_retainer', 'generalist')),
    constraint there_is_a_score_of_each_archetype check (cardinality(scores) = 5),
    constraint a_position_has_four_dimensions check (cardinality(position) = 4),
    constraint a_risk_is_a_share check (churn_risk between 0 and 1 and confidence between 0 and 1)
);
create index learner_metrics_by_churn on insights.learner_metrics (cohort_id, churn_risk desc) include (subject_id);

create table insights.learner_metrics_history (
    subject_id         bigint  not null,
    week_no            integer not null,
    velocity_ema       real    not null,
    concentration      real    not null,
    retention_strength real    not null,
    churn_risk         float8  not null,                  -- whole: how well it foretold is judged from here
    confidence         real    not null,
    archetype          text    not null,
    constraint a_learner_has_one_row_of_history_a_week primary key (subject_id, week_no)
);
create index learner_metrics_history_by_week on insights.learner_metrics_history (week_no);
