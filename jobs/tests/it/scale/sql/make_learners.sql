-- Learners $1 to $2, enrolled up to 120 days before $3; $4 is the seed.
with made as (
    select n, $3::timestamptz - make_interval(hours => (abs(hashint8extended(n, $4)) % 2880)::int) as enrolled_at
      from generate_series($1::bigint, $2::bigint) as t (n)
), person as (
    insert into insights.subjects (subject_id, source, external_id, tz, enrolled_at)
    select n, 'made up', n::text, (array['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'])[n % 4 + 1], enrolled_at
      from made
    returning subject_id
)
insert into insights.learners (subject_id, enrolled_at, cohort_id, hours_per_week, target_score)
select n, enrolled_at, n % 5 + 1, 2 + n % 4, 0.7 from made
