-- Keys of a queue that keeps them for a time only; at most 1,000. A key that a live job holds stays.
with old as materialized (
    select k.kind, k.key
      from windlass.unique_keys k
     where k.queue = $1
       and k.created_at < coalesce($2::timestamptz, statement_timestamp())
           - (select keep_keys from windlass.queues where name = $1)
       and not exists (select from windlass.jobs j where j.queue = $1 and j.id = k.job_id)
     order by k.created_at limit 1000
     for update skip locked
)
delete from windlass.unique_keys k
 using old o
 where k.queue = $1 and k.kind = o.kind and k.key = o.key
