-- Dirties the weeks and months of the next people that have days in the range; answers the last of them. They are due at
-- once: who asks for it does not wait for a week to end.
with people as (
    select distinct subject_id from insights.spectrum_daily
     where subject_id > $1 and subject_id <= $2 and local_date between $3 and $4
     order by subject_id limit $5),
buckets as (
    select distinct b.scope, d.subject_id, b.bucket
      from insights.spectrum_daily d
      join people using (subject_id)
     cross join lateral (values ('spectrum_week', date_trunc('week', d.local_date)::date),
                                ('spectrum_month', date_trunc('month', d.local_date)::date)) b (scope, bucket)
     where d.local_date between $3 and $4),
dirtied as (
    insert into insights.dirty_buckets as d (scope, key, bucket, due_at)
    select scope, subject_id, bucket, now() from buckets order by scope, subject_id, bucket
        on conflict on constraint a_bucket_is_dirty_once do update
       set dirty_seq = d.dirty_seq + 1, due_at = now(),
           dirty_since = case when d.dirty_seq > d.computed_seq then d.dirty_since else now() end
    returning 1)
select max(subject_id), count(*), (select count(*) from dirtied) from people
