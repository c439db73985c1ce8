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
    COUNT_RUNNING = "count_running",
    COUNT_UNENDED = "count_unended",
    COUNT_WORKERS = "count_workers",
    ENQUEUE = "enqueue",
    FORGET_WORKERS = "forget_workers",
    GAUGE_QUEUE = "gauge_queue",
    KEEP_QUEUE = "keep_queue",
    LIMIT_QUEUE = "limit_queue",
    LIMIT_SESSION = "limit_session",
    LIST_ATTEMPTS = "list_attempts",
    LIST_CONTROLS = "list_controls",
    LIST_DEAD_LETTERS = "list_dead_letters",
    LIST_HELD_JOBS = "list_held_jobs",
    LIST_HISTORY_DAYS = "list_history_days",
    LIST_JOBS = "list_jobs",
    LIST_QUEUES = "list_queues",
    LOCK_HISTORY = "lock_history",
    LOCK_QUEUE = "lock_queue",
    NOTIFY = "notify",
    PAUSE_KIND = "pause_kind",
    PAUSE_QUEUE = "pause_queue",
    PRUNE_ATTEMPTS = "prune_attempts",
    PRUNE_DEAD_LETTERS = "prune_dead_letters",
    PRUNE_EXPIRED_KEYS = "prune_expired_keys",
    PRUNE_HISTORY_DEFAULT = "prune_history_default",
    PRUNE_OLD_KEYS = "prune_old_keys",
    PUBLISH = "publish",
    REGISTER_WORKER = "register_worker",
    REMOVE_WORKER = "remove_worker",
    RENEW_LEASE = "renew_lease",
    REPLAY_DEAD_LETTER = "replay_dead_letter",
    REPORT_PROGRESS = "report_progress",
    RESCHEDULE_JOB = "reschedule_job",
    RESCUE_JOBS = "rescue_jobs",
    SAVE_CHECKPOINT = "save_checkpoint",
    SETTLE = "settle",
    SHOW_DEAD_LETTER = "show_dead_letter",
    SHOW_HISTORY = "show_history",
    SHOW_JOB = "show_job",
    SHOW_KINDS = "show_kinds",
    SHOW_NOW = "show_now",
    SHOW_OLDEST_TRANSACTION = "show_oldest_transaction",
    SHOW_QUEUES = "show_queues",
    SHOW_SERVER = "show_server",
    SPEND_RATE = "spend_rate",
    UNBLOCK_JOBS = "unblock_jobs",
    UNPARK_JOBS = "unpark_jobs",
}
