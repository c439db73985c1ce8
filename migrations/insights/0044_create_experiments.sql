-- Experiments, as planned before they began: nobody may look sooner.
create table insights.experiments (
    win_start  timestamptz not null,
    win_end    timestamptz not null,
    experiment text        not null,                      -- its name is the salt of the arms
    constraint an_experiment_is_named_once primary key (experiment),
    constraint a_name_of_an_experiment_is_a_word check (experiment ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
    constraint an_experiment_runs_for_seven_days check (win_end >= win_start + interval '168 hours')
);

create table insights.ab_readouts (
    as_of      timestamptz not null,                      -- the experiment's end
    experiment text        not null,
    metric     text        not null,
    passed     boolean,                                   -- null: it cannot be told
    result     jsonb       not null,
    constraint a_metric_is_read_once primary key (experiment, as_of, metric),
    constraint a_readout_is_of_an_experiment foreign key (experiment) references insights.experiments,
    constraint metric_is_roi_churn_or_archetypes check (metric in ('roi', 'churn', 'archetypes'))
);
