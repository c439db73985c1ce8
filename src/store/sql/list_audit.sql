-- The newest first, after the one that stands at ($5, $6).
select at, id, actor, role, action, target, queue, why, before, after, request
  from windlass.audit
 where ($1::text is null or actor = $1)
   and ($2::text is null or target = $2)
   and ($3::bigint is null or at > coalesce($7::timestamptz, statement_timestamp()) - $3 * interval '1 second')
   and ($5::timestamptz is null or at < $5 or (at = $5 and id > $6::uuid))
   and ($8::text[] is null or queue is null or queue = any($8))
 order by at desc, id
 limit $4
