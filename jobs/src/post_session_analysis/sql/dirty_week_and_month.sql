-- Due a minute from now, so that a burst of sessions makes one aggregation.
insert into insights.dirty_buckets as d (scope, key, bucket, due_at)
values ('spectrum_month', $1, date_trunc('month', $2::date)::date, statement_timestamp() + interval '60 seconds'),
       ('spectrum_week', $1, date_trunc('week', $2::date)::date, statement_timestamp() + interval '60 seconds')
on conflict (scope, key, bucket) do update
   set dirty_seq = d.dirty_seq + 1,
       dirty_since = case when d.dirty_seq > d.computed_seq then d.dirty_since else statement_timestamp() end,
       due_at = case when d.dirty_seq > d.computed_seq then d.due_at else excluded.due_at end
