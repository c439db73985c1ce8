-- Who made which revision of a prompt the one in use, and what for. Rows are added, never changed.
create table insights.prompt_activations (
    name         text        not null,
    revision     integer     not null,
    activated_at timestamptz not null default clock_timestamp(),
    activated_by text        not null,
    why          text        not null,
    constraint a_revision_is_activated_once_at_a_time primary key (name, revision, activated_at),
    constraint a_revision_that_is_activated_is_there foreign key (name, revision) references insights.prompt_revisions,
    constraint an_activation_is_signed check (activated_by <> '' and why <> '')
);
select insights.grant_roles();
