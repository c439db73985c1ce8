-- What a transaction looks up are few rows of large tables, by their keys. The planner cannot know how few, and would hash the
-- whole of a table that holds every letter of a bad night: half a second, where the keys take milliseconds.
select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
