-- One person's ISO week, rolled up from its days, and where it stands in the person's series of weeks.
-- Excluded sessions count in n_excluded only; a week without an analysed session has its counts and nothing else.
create table insights.spectrum_weekly (
    subject_id       bigint      not null,
    iso_year         smallint    not null,
    iso_week         smallint    not null,
    monday           date        not null,
    n_sessions       integer     not null,
    n_turns          integer     not null,
    n_excluded       integer     not null,
    n_empty          integer     not null,
    weight           float8,
    valence          float8,
    valence_sd       float8,
    arousal          float8,
    dominance        float8,
    volatility       float8,
    diversity        float8,
    positive_share   float8,
    valence_min      float8,
    valence_max      float8,
    valence_delta    float8,          -- to the ISO week before, where that has a valence
    valence_ema      float8,          -- over the weeks with a valence
    valence_z        float8,          -- against those of the 8 weeks before
    computed_seq     bigint      not null,
    computed_at      timestamptz not null default now(),
    status           text        not null,
    dominant_emotion text,
    emotions         float8[],
    patterns         integer[],
    content_hash     bytea       not null,
    constraint a_person_has_one_row_a_week primary key (subject_id, iso_year, iso_week),
    constraint a_week_is_that_of_its_monday check (
        extract(isoyear from monday) = iso_year and extract(week from monday) = iso_week
        and extract(isodow from monday) = 1),
    constraint status_is_ok_or_insufficient_data check (status in ('ok', 'insufficient_data')),
    constraint a_week_has_values_if_it_is_ok check (
        num_nulls(weight, valence, valence_sd, arousal, dominance, volatility, diversity, positive_share, valence_min,
            valence_max, dominant_emotion, emotions, patterns) = case status when 'ok' then 0 else 13 end),
    constraint a_series_is_of_ok_weeks check (status = 'ok' or num_nonnulls(valence_delta, valence_ema, valence_z) = 0),
    constraint there_are_eight_emotions check (cardinality(emotions) = 8),
    constraint there_are_seven_patterns check (cardinality(patterns) = 7)
) with (fillfactor = 80);

-- The open buckets of a range of people, however many closed ones their past has left.
create index dirty_buckets_open_by_key on insights.dirty_buckets (scope, key, bucket) where dirty_seq > computed_seq;
