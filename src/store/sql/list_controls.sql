-- What operators have said about these queues, and about kinds.
select q.name as queue,
       q.paused_at is not null as paused,
       q.max_running is not null or q.rate_limit is not null as limited,
       q.keep_history,
       array(select kind from windlass.kinds where paused_at is not null) as paused_kinds
  from windlass.queues q
 where q.name = any($1::text[])
