-- How long the oldest open bucket of each scope is overdue, in seconds; nothing where none is open.
select s.scope, extract(epoch from statement_timestamp() - d.due_at)::float8 as seconds
  from unnest($1::text[]) as s (scope)
  left join lateral (
      select due_at from insights.dirty_buckets b
       where b.scope = s.scope and b.dirty_seq > b.computed_seq
       order by due_at limit 1) d on true
