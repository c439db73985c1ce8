-- For a statement that may take long, until its transaction ends; and that is worth a plan for these very values of its parameters.
select set_config('statement_timeout', '10min', true),
       set_config('plan_cache_mode', 'force_custom_plan', true)
