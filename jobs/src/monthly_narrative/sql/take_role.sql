-- For this transaction, where we may take the role and it has been given here what it needs: roles are the server's, grants are a
-- database's.
select set_config('role', rolname, true)
  from pg_roles
 where rolname = $1 and pg_has_role(current_user, oid, 'member')
   and has_schema_privilege(rolname, 'insights', 'usage')
   and (select bool_and(has_table_privilege(rolname, 'insights.' || name, 'select'))
          from unnest(array['subjects', 'spectrum_weekly', 'spectrum_monthly', 'dirty_buckets', 'insights', 'prompt_revisions']) as t (name))
