-- For this transaction: whose rows are seen, and by the role that sees no others, where we may take it and it has been given here what
-- it needs. Answers whether it was taken.
select set_config('app.subject', $1::bigint::text, true) is not null
       and coalesce((
           select set_config('role', rolname, true) is not null
             from pg_roles
            where rolname = $2 and pg_has_role(current_user, oid, 'member')
              and has_schema_privilege(rolname, 'insights', 'usage')
              and (select bool_and(has_table_privilege(rolname, 'insights.' || name, 'select'))
                     from unnest(array['subjects', 'spectrum_weekly', 'spectrum_monthly', 'insights']) as t (name))), false)
