-- A transaction that may look, and not for long.
select set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true)
