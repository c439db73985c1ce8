-- The newest first, after the one that stands at ($6, $7).
select id, queue, kind, reason, error, fingerprint, attempt, failures, created_at, died_at, replayed_at, replayed_by,
       discarded_at, revision
  from windlass.dead_letters
 where ($1::text is null or kind = $1)
   and ($2::bigint is null or died_at > coalesce($5::timestamptz, statement_timestamp()) - $2 * interval '1 second')
   and ($3::boolean or (replayed_at is null and discarded_at is null))
   and ($6::timestamptz is null or died_at < $6 or (died_at = $6 and id > $7::uuid))
   and ($8::text[] is null or queue = any($8))
 order by died_at desc, id
 limit $4
