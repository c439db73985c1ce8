-- The table as the server itself would write it: nothing of what an operator typed goes into another statement.
select to_regclass($1)::text
