-- The next learners of a shard that are not erased. The lock keeps an erasure waiting until this page is committed.
select l.subject_id, s.tz
  from insights.learners l
  join insights.subjects s using (subject_id)
 where l.subject_id > $1 and l.subject_id < $2 and s.erased_at is null
 order by l.subject_id
 limit $3
   for share of s
