-- The next learners of a shard that are not erased, and not measured for a later week: an older week that runs late takes
-- nothing back. The lock keeps an erasure waiting until this page is committed. Each table's range is said for itself: the planner
-- does not infer it from the keys' equality, and would walk all people before the shard's.
select l.subject_id, s.tz
  from insights.learners l
  join insights.subjects s using (subject_id)
 where l.subject_id > $1 and l.subject_id < $2
   and s.subject_id > $1 and s.subject_id < $2 and s.erased_at is null
   and not exists (
        select from insights.learner_measures m
         where m.subject_id = l.subject_id and m.subject_id > $1 and m.subject_id < $2 and m.as_of > $4)
 order by l.subject_id
 limit $3
   for share of s
