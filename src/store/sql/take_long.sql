-- For a statement that may take long, until its transaction ends.
select set_config('statement_timeout', '10min', true)
