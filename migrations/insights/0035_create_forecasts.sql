-- What is known of a learner's preparation, as their application reports it: one row, the newest.
create table insights.learner_records (
    subject_id               bigint      not null,
    recorded_at              timestamptz not null,
    modules_completed        integer     not null,
    modules_total            integer     not null,
    mock_count               integer     not null,
    streak                   integer     not null,
    practice_questions       integer     not null,
    prep_days                integer     not null,
    days_to_exam             integer,                     -- null: there is no exam
    days_idle                integer     not null,
    n_7d                     integer     not null,
    n_prev21d                integer     not null,
    long_days_7d             integer     not null,        -- days of more than four hours
    completion               float8      not null,
    study_hours              float8      not null,
    accuracy                 float8      not null,
    mock_avg                 float8      not null,
    mock_best                float8      not null,
    active_sessions_per_week float8      not null,
    avg_session_min          float8      not null,
    velocity                 float8      not null,
    target                   float8      not null,
    acc_7d                   float8      not null,
    acc_prev21d              float8      not null,
    hours_7d                 float8      not null,
    target_hours_week        float8      not null,
    hard_accuracy            float8,                      -- null: no hard question was answered
    next_module              text,
    domains                  integer[]   not null,
    domain_scores            float8[]    not null,
    domain_questions         integer[]   not null,
    constraint a_learner_has_one_record primary key (subject_id),
    constraint each_domain_has_a_score_and_a_count check
        (cardinality(domains) = cardinality(domain_scores) and cardinality(domains) = cardinality(domain_questions))
);

-- Cells with data: [graded, correct] by the ids or words of row and column.
create table insights.heatmaps (
    subject_id bigint      not null,
    as_of      timestamptz not null,
    kind       text        not null,
    cells      jsonb       not null,
    constraint a_learner_has_one_heatmap_of_a_kind primary key (subject_id, kind),
    constraint kind_of_a_heatmap_is_known check (kind in ('domain_week', 'topic_difficulty', 'objective_assessment'))
);

-- When a learner will have mastered a domain, or all of them (domain 0).
create table insights.mastery_predictions (
    subject_id       bigint      not null,
    as_of            timestamptz not null,
    domain           integer     not null,
    n_now            integer     not null,
    points           integer     not null,
    questions        integer,
    questions_lo     integer,
    questions_hi     integer,
    rate_per_day     float8      not null,
    sec_per_question float8      not null,
    slope            float8,                              -- of the curve, over the logarithm of the questions
    intercept        float8,
    current          float8,
    days             float8,
    days_lo          float8,
    days_hi          float8,
    hours            float8,
    status           text        not null,
    model            text,
    plan             jsonb       not null,
    constraint a_learner_has_one_forecast_of_a_domain primary key (subject_id, domain),
    constraint status_of_mastery_is_known check
        (status in ('insufficient_data', 'mastered', 'no_progress', 'forecast', 'capped')),
    constraint model_of_mastery_is_known check (model in ('power', 'logistic'))
);

create table insights.pass_predictions (
    subject_id    bigint      not null,
    as_of         timestamptz not null,
    p             float8      not null,
    lo            float8      not null,
    hi            float8      not null,
    bayes         float8      not null,
    regression    float8      not null,
    rules         float8      not null,
    agreement     float8      not null,
    status        text        not null,
    interventions text[]      not null,
    features      jsonb       not null,
    domains       jsonb       not null,                   -- by name: shrunk score, probability, hours of the week's plan
    constraint a_learner_has_one_prediction_at_a_time primary key (subject_id, as_of),
    constraint a_probability_is_a_share check (0 <= lo and lo <= p and p <= hi and hi <= 1),
    constraint status_of_a_prediction_is_known check (status in ('ready', 'on_track', 'at_risk', 'high_risk'))
);

-- What a learner is advised. It keeps when it was first seen, and is resolved when its rule no longer fires.
create table insights.recommendations (
    subject_id  bigint      not null,
    first_seen  timestamptz not null,
    last_seen   timestamptz not null,
    resolved_at timestamptz,
    priority    text        not null,
    type        text        not null,
    subject     text        not null,
    constraint a_learner_is_advised_once primary key (subject_id, type, subject),
    constraint priority_is_known check (priority in ('critical', 'high', 'medium', 'low')),
    constraint type_of_advice_is_known check
        (type in ('intervention', 'weak_domain', 'study_schedule', 'strategy', 'resource', 'next_action'))
);

insert into insights.coefficients (name, version, active, note, body) values
('mastery', 1, true, 'as specified', '{
    "target": 0.8, "day_needs": 3, "points_needed": 3, "clamp": [0.02, 0.98], "least_gain": 0.001, "most_questions": 5000,
    "confidence": 0.8, "rate_days": 14, "plan_weeks": 12
}'),
('pass', 1, true, 'as specified; the weights are in the order of FEATURES in jobs/src/learning/pass.rs', '{
    "weights": [0.06, 0.08, 0.06, 0.16, 0.14, 0.18, 0.05, 0.03, 0.04, 0.05, 0.03, 0.02, 0.04, 0.02, 0.04],
    "bias": 0.6, "steepness": 10, "prior": [7, 3],
    "practice": {"questions": 50, "most": 10, "at": 0.75, "spread": 0.05},
    "mocks": {"each": 5, "most": 4, "spread": 0.05},
    "shares": [0.4, 0.4, 0.2], "least_half_width": 0.05, "confidence": 0.8,
    "ready": 0.8, "on_track": 0.7, "at_risk": 0.5,
    "domain": {"prior_questions": 20, "at": 0.75, "spread": 0.06, "strength_above": 0.85, "weakness_below": 0.7},
    "target": 0.8
}');
