-- How these jobs ended, as far as they have.
select kind, outcome, count(*) as jobs
  from (
        select kind, outcome from windlass.history where id = any($1::uuid[])
        union all
        select d.kind, 'buried'
          from windlass.queues q
          join windlass.dead_letters d on d.queue = q.name and d.id = any($1::uuid[])
       ) ended
 group by kind, outcome
 order by kind, outcome
