-- Condemned sessions are kept while a running job still names them.
delete from windlass.workers w
 where w.condemned_at is not null
   and not exists (
        select from windlass.queues q
          join windlass.jobs j on j.queue = q.name and j.state = 'running' and j.leased_by = w.session)
