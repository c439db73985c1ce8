-- What programs have published, for whoever enqueues without their code.
select kind, queue, args_version, priority, max_failures, identity, args_schema, shown
  from windlass.kinds
 order by kind
