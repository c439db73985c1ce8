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
    CLEAR_CRASHES = "clear_crashes",
    CONDEMN_WORKERS = "condemn_workers",
    COUNT_OUTCOMES = "count_outcomes",
    COUNT_UNENDED = "count_unended",
    COUNT_WORKERS = "count_workers",
    ENQUEUE = "enqueue",
    FORGET_WORKERS = "forget_workers",
    GAUGE_QUEUE = "gauge_queue",
    LIMIT_SESSION = "limit_session",
    LIST_ATTEMPTS = "list_attempts",
    LIST_DEAD_LETTERS = "list_dead_letters",
    LIST_HELD_JOBS = "list_held_jobs",
    LIST_HISTORY_DAYS = "list_history_days",
    LIST_JOBS = "list_jobs",
    LIST_QUEUES = "list_queues",
    LOCK_HISTORY = "lock_history",
    NOTIFY = "notify",
    PRUNE_HISTORY_DEFAULT = "prune_history_default",
    PUBLISH = "publish",
    REGISTER_WORKER = "register_worker",
    REMOVE_WORKER = "remove_worker",
    RENEW_LEASE = "renew_lease",
    REPLAY_DEAD_LETTER = "replay_dead_letter",
    RESCUE_JOBS = "rescue_jobs",
    SETTLE = "settle",
    SHOW_CLAIM = "show_claim",
    SHOW_DEAD_LETTER = "show_dead_letter",
    SHOW_HISTORY = "show_history",
    SHOW_JOB = "show_job",
    SHOW_NOW = "show_now",
    SHOW_OLDEST_TRANSACTION = "show_oldest_transaction",
    SHOW_SERVER = "show_server",
}
