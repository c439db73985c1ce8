-- Of these queues those where jobs are parked, or blocked.
select h.*
  from (select q.queue,
               exists (select from windlass.jobs j where j.queue = q.queue and j.state = 'parked') as parked,
               exists (select from windlass.jobs j where j.queue = q.queue and j.state = 'blocked') as blocked
          from unnest($1::text[]) as q (queue)) h
 where h.parked or h.blocked
