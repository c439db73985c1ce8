-- The newest first.
select id, queue, kind, reason, error, fingerprint, attempt, failures, created_at, died_at, replayed_at, replayed_by
  from windlass.dead_letters
 where ($1::text is null or kind = $1)
   and ($2::bigint is null or died_at > coalesce($5::timestamptz, statement_timestamp()) - $2 * interval '1 second')
   and ($3::boolean or replayed_at is null)
 order by died_at desc, id
 limit $4
