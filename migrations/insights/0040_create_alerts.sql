-- What a person should look at. One alert of a key is open at a time; closed ones stay as the record.
create table insights.alerts (
    opened_at timestamptz not null default statement_timestamp(),
    last_seen timestamptz not null default statement_timestamp(),
    closed_at timestamptz,
    alert_key text        not null,
    severity  text        not null,
    body      jsonb       not null,                       -- ids, dates and figures only
    constraint an_alert_is_opened_once_at_a_time primary key (alert_key, opened_at),
    constraint severity_is_warning_or_critical check (severity in ('warning', 'critical')),
    constraint an_alert_closes_after_it_opens check (closed_at >= opened_at)
);
create unique index one_alert_of_a_key_is_open on insights.alerts (alert_key) where closed_at is null;
