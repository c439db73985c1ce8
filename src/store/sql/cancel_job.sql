-- A waiting job ends unrun. A running one is not touched: its worker holds it.
with cancelled as (
    delete from windlass.jobs j
     using windlass.queues q
     where j.queue = q.name and j.id = $1 and j.state <> 'running'
    returning j.*
)
insert into windlass.history (
    queue, id, kind, outcome, attempt, failures, subject, created_at, scheduled_at, attempted_at, ended_at)
select queue, id, kind, 'cancelled', attempt, failures, subject, created_at, scheduled_at, attempted_at,
       coalesce($2::timestamptz, statement_timestamp())
  from cancelled
returning id
