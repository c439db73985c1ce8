//! The statements' texts.

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file, ".sql"));)*

        /// Every statement of the engine by the name of its file, for the test that plans them.
        pub const STATEMENTS: &[(&str, &str)] = &[$(($file, $name),)*];
    };
}

statements! {
    CANCEL_JOB = "cancel_job",
    CLAIM = "claim",
    CONDEMN_WORKERS = "condemn_workers",
    COUNT_OUTCOMES = "count_outcomes",
    COUNT_UNENDED = "count_unended",
    COUNT_WORKERS = "count_workers",
    DECLARE_SCHEDULES = "declare_schedules",
    ENQUEUE = "enqueue",
    FORGET_WORKERS = "forget_workers",
    GAUGE_QUEUE = "gauge_queue",
    IS_LIVE = "is_live",
    LIMIT_SESSION = "limit_session",
    LIST_ATTEMPTS = "list_attempts",
    LIST_DEAD_LETTERS = "list_dead_letters",
    LIST_HELD_JOBS = "list_held_jobs",
    LIST_HISTORY_DAYS = "list_history_days",
    LIST_JOBS = "list_jobs",
    LIST_QUEUES = "list_queues",
    LIST_SCHEDULES = "list_schedules",
    LOCK_HISTORY = "lock_history",
    LOCK_SCHEDULE = "lock_schedule",
    LOCK_SCHEDULES = "lock_schedules",
    LOOK_AT_SCHEDULES = "look_at_schedules",
    NOTIFY = "notify",
    PAUSE_SCHEDULE = "pause_schedule",
    PRUNE_HISTORY_DEFAULT = "prune_history_default",
    PRUNE_TICKS = "prune_ticks",
    PUBLISH = "publish",
    RECORD_TICKS = "record_ticks",
    REGISTER_WORKER = "register_worker",
    REMOVE_WORKER = "remove_worker",
    RENEW_LEASE = "renew_lease",
    REPLAY_DEAD_LETTER = "replay_dead_letter",
    RESCUE_JOBS = "rescue_jobs",
    RESUME_SCHEDULE = "resume_schedule",
    RETIRE_SCHEDULES = "retire_schedules",
    SETTLE = "settle",
    SHOW_DEAD_LETTER = "show_dead_letter",
    SHOW_HISTORY = "show_history",
    SHOW_JOB = "show_job",
    SHOW_LAST_TICK = "show_last_tick",
    SHOW_NOW = "show_now",
    SHOW_OLDEST_TRANSACTION = "show_oldest_transaction",
    SHOW_SERVER = "show_server",
    WAIT_FOR_SCHEDULE = "wait_for_schedule",
}
