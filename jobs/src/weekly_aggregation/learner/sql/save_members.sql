-- Who is matched with which cohort. assigned_at is when a learner came to it, and stays while they do.
insert into insights.cohort_members as m (subject_id, cohort_id, score, how, assigned_at)
select t.subject_id, t.cohort_id, t.score, t.how, $5
  from unnest($1::bigint[], $2::int[], $3::float8[], $4::text[]) as t (subject_id, cohort_id, score, how)
on conflict (subject_id, cohort_id) do update set score = excluded.score, how = excluded.how
 where (m.score, m.how) is distinct from (excluded.score, excluded.how)
