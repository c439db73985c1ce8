insert into insights.coefficients (name, version, active, note, body) values ('roi', 1, true, 'as specified', '{
    "book_zone": "UTC",
    "kappa": 50,
    "cap": 0.1,
    "min_n": 30,
    "activate_automatically": true
}');

-- A calibration: from which window and which multipliers, and whether it took effect. A window is calibrated once.
create table insights.calibration_runs (
    win_start     timestamptz,                            -- null: set by a person
    win_end       timestamptz,
    created_at    timestamptz not null default now(),
    activated_at  timestamptz,
    mean_prior    float8      not null,
    mean_new      float8      not null,
    mean_change   float8      not null,
    version       integer     not null,
    prior_version integer,
    activated_by  text,                                   -- 'automatic', or an operator's name
    why           text        not null,
    constraint a_calibration_has_a_version primary key (version),
    constraint a_window_is_calibrated_once unique (win_start, win_end),
    constraint a_window_has_both_ends check ((win_start is null) = (win_end is null)),
    constraint who_activates_is_named check ((activated_at is null) = (activated_by is null))
);

-- A version's five multipliers. One version is active; one update switches, and the rule is looked at when it is through.
create table insights.calibrations (
    n         bigint  not null,
    prior     float8  not null,
    new       float8  not null,
    z         float8  not null,
    observed  float8,
    version   integer not null,
    active    boolean not null default false,
    capped    boolean not null,
    archetype text    not null,
    reason    text,
    constraint an_archetype_is_calibrated_once_a_version primary key (version, archetype),
    constraint a_multiplier_belongs_to_a_calibration foreign key (version) references insights.calibration_runs,
    constraint archetype_of_a_multiplier_is_known
        check (archetype in ('fast_learner', 'specialist', 'power_user', 'long_term_retainer', 'generalist')),
    constraint a_multiplier_is_above_zero check (prior > 0 and new > 0 and new < 'infinity'),
    constraint reason_is_known check (reason in ('min_n', 'set')),
    constraint one_version_is_active exclude using btree (archetype with =) where (active) deferrable initially immediate
);
