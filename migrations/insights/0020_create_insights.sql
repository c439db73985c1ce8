-- Prompts are never edited: a new text is a new revision, so that every insight can say what it was made with.
create table insights.prompt_revisions (
    name            text        not null,
    revision        integer     not null,
    template        text        not null,
    template_sha256 bytea       not null,
    output_schema   jsonb       not null,
    status          text        not null default 'draft',
    author          text        not null,
    note            text        not null,
    created_at      timestamptz not null default now(),
    constraint a_prompt_revision_has_one_text primary key (name, revision),
    constraint a_prompt_is_named_by_a_short_word check (name ~ '^[a-z]{1,16}$' and revision between 1 and 999999),
    constraint status_is_draft_active_or_retired check (status in ('draft', 'active', 'retired')),
    constraint a_template_is_what_its_hash_says check (template_sha256 = sha256(convert_to(template, 'UTF8')))
);
create unique index a_prompt_has_one_active_revision on insights.prompt_revisions (name) where status = 'active';

create function insights.refuse_an_edited_prompt() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (to_jsonb(old) - 'status') <> (to_jsonb(new) - 'status') then
        raise exception 'prompt % revision % cannot be edited or deleted: add a revision', old.name, old.revision;
    end if;
    return new;
end $$;
create trigger a_prompt_revision_is_never_edited before update or delete on insights.prompt_revisions
    for each row execute function insights.refuse_an_edited_prompt();

insert into insights.prompt_revisions (name, revision, template, template_sha256, output_schema, status, author, note)
select 'monthly', 1, t.template, sha256(convert_to(t.template, 'UTF8')), '{"type": "text"}', 'active', 'windlass', 'the first'
  from (values (
'You write a short monthly summary for one person, from the numbers below and nothing else. You do not know what the person said, and must not pretend to.

Write 60 to 180 words in plain, warm English, as two or three paragraphs without headings, lists or quotation marks. Name the month and the number of sessions. Name the emotion that appeared most often, if there is one, and how the month compares with the one before, if valence_delta is not null. You may name the lightest and the most demanding week by their labels. Use no number that is not in the data. Close with one gentle suggestion, phrased as something to consider.

Give no medical advice, no diagnosis, no blame and no promise. If valence is -0.5 or lower, suggest reaching out to someone the person trusts.

Data (valence runs from -1, heavy, to 1, light; the shares from 0 to 1):
{contract}')) as t (template);

-- A month told to a person. A version is never changed; the next one supersedes it.
create table insights.insights (
    subject_id      bigint      not null,
    month           date        not null,
    version         integer     not null,
    kind            text        not null default 'monthly_narrative',
    body            text        not null,
    input           jsonb       not null,
    input_hash      bytea       not null,
    prompt_name     text        not null,
    prompt_revision integer     not null,
    model           text        not null,
    route_reason    text        not null,
    check_codes     text[]      not null,
    rubric          jsonb       not null,
    rubric_score    float8      not null,
    status          text        not null default 'published',
    created_at      timestamptz not null default now(),
    constraint a_month_has_one_text_a_version primary key (subject_id, month, version),
    constraint month_is_a_first_day check (extract(day from month) = 1),
    constraint versions_count_from_one check (version >= 1),
    constraint status_is_published_superseded_or_withdrawn check (status in ('published', 'superseded', 'withdrawn')),
    constraint what_fails_a_check_is_not_published check (check_codes = '{}'),
    constraint a_score_is_a_share check (rubric_score >= 0 and rubric_score <= 1),
    constraint input_holds_a_contracts_fields_only check (
        input - array['month', 'n_sessions', 'n_turns', 'valence', 'valence_delta', 'volatility', 'diversity', 'positive_share',
            'dominant_emotion', 'patterns', 'best_week', 'hardest_week', 'n_excluded', 'prompt_version'] = '{}')
);
create unique index a_month_has_one_published_text on insights.insights (subject_id, month) where status = 'published';

-- What caches and push services are told. A row commits with what it tells; the wake-up goes out after the commit.
create table insights.outbox (
    subject_id bigint      not null,
    outbox_id  uuid        not null,
    topic      text        not null,
    bucket     date        not null,
    version    bigint      not null,
    created_at timestamptz not null default now(),
    constraint a_message_is_written_once primary key (subject_id, outbox_id),
    constraint a_version_is_announced_once unique (subject_id, topic, bucket, version),
    constraint topic_is_known check (topic in ('weekly_ready', 'monthly_ready', 'monthly_withdrawn'))
);
create index outbox_by_time on insights.outbox (created_at);
