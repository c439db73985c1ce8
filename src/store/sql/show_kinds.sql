-- Kinds as operators look at them.
select kind, queue, args_version, published_at, paused_at, paused_by, paused_why
  from windlass.kinds
 where $1::text is null or kind = $1
 order by kind
