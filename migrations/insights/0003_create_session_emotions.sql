create table insights.session_emotions (
    subject_id       bigint      not null,
    session_id       bigint      not null,
    session_revision integer     not null,
    n_user_turns     integer     not null,
    n_tokens         integer     not null,
    weight           float8      not null,
    valence          float8,
    arousal          float8,
    dominance        float8,
    volatility       float8,
    slope            float8,
    peak             float8,
    "end"            float8,
    coverage         float8,
    computed_at      timestamptz not null default now(),
    analyzer         text        not null,
    status           text        not null,
    dominant_emotion text,
    pattern          text,
    emotions         float8[],
    constraint a_session_has_one_vector primary key (subject_id, session_id),
    constraint status_is_ok_empty_or_excluded check (status in ('ok', 'empty', 'excluded')),
    constraint a_vector_is_whole_or_absent check (
        num_nulls(valence, arousal, dominance, volatility, peak, "end", coverage, dominant_emotion, pattern, emotions)
            = case status when 'ok' then 0 else 10 end),
    constraint there_are_eight_emotions check (cardinality(emotions) = 8)
);

create table insights.turn_impacts (
    month      date    not null,
    subject_id bigint  not null,
    session_id bigint  not null,
    turn_index integer not null,
    role       text    not null,
    class      text,
    valence    float8,
    arousal    float8,
    dominance  float8,
    delta      float8,
    impact     float8,
    constraint a_turn_has_one_impact primary key (subject_id, session_id, turn_index, month),
    constraint class_is_known check (class in ('positive', 'negative', 'neutral'))
) partition by range (month);

-- Makes a month's partitions. They are made ahead; a missing one is an error, not a default partition: people's words
-- must not gather where no retention reaches them.
create function insights.make_month(day date) returns void language plpgsql as $$
declare
    name  text;
    first date := date_trunc('month', day)::date;
begin
    foreach name in array array['turns', 'turn_impacts'] loop
        if to_regclass(format('insights.%I', name || to_char(first, '_YYYY_MM'))) is null then
            execute format('create table if not exists insights.%I partition of insights.%I for values from (%L) to (%L)',
                name || to_char(first, '_YYYY_MM'), name, first, (first + interval '1 month')::date);
        end if;
    end loop;
end $$;
