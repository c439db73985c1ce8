-- For this transaction, where there is such a role and we may take it.
select set_config('role', rolname, true) from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member')
