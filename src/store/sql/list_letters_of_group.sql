-- Open letters of one group, the newest first, after the one that stands at ($4, $5).
select id, queue, kind, reason, error, fingerprint, attempt, failures, created_at, died_at, replayed_at, replayed_by,
       discarded_at, revision
  from windlass.dead_letters
 where queue = $1 and fingerprint = $2 and replayed_at is null and discarded_at is null
   and ($4::timestamptz is null or died_at < $4 or (died_at = $4 and id > $5::uuid))
 order by died_at desc, id
 limit $3
