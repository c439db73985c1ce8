-- What a worker's connection may do to others. A statement takes no longer than its caller waits ($1) and waits no longer
-- than $2 for a lock that somebody else may never let go of (0: for ever, the caller's own business). A transaction that
-- idles is ended, and with it the locks that would keep its jobs from being rescued; and when the other end is gone
-- without a word, the server finds out within seconds, not hours.
select set_config('statement_timeout', $1, false),
       set_config('lock_timeout', $2, false),
       set_config('idle_in_transaction_session_timeout', '15s', false),
       set_config('tcp_keepalives_idle', '5', false),
       set_config('tcp_keepalives_interval', '2', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '10000', false)
