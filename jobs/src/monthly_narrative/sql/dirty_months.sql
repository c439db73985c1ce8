-- Months whose text may no longer fit, and the months after them, for a difference to the month before is told too. A month
-- that is under way is looked at when it may have ended anywhere: the first zone is 14 hours ahead of UTC, and 6 hours later
-- is early enough. A change of a month that is over is looked at in a minute.
insert into insights.dirty_buckets as b (scope, key, bucket, due_at)
select 'narrative_month', t.subject_id, t.month,
       greatest(statement_timestamp() + interval '60 seconds',
                ((t.month + interval '1 month')::timestamp at time zone 'UTC') - interval '14 hours' + interval '6 hours')
  from (select subject_id, month from unnest($1::bigint[], $2::date[]) as c (subject_id, month)
         union
        select m.subject_id, m.month
          from unnest($1::bigint[], $2::date[]) as c (subject_id, month)
          join insights.spectrum_monthly m on m.subject_id = c.subject_id and m.month = (c.month + interval '1 month')::date) as t
 order by t.subject_id, t.month
on conflict (scope, key, bucket) do update
   set dirty_seq = b.dirty_seq + 1,
       dirty_since = case when b.dirty_seq > b.computed_seq then b.dirty_since else statement_timestamp() end,
       due_at = excluded.due_at
