-- The backstop for ordering keys: the first blocked job of a key that has no older live job and none that runs is due. Walks
-- at most 500 keys after $2, from one to the next; returns where it came to, or nothing at the end.
with recursive keys as (
    (select ordering_key, id, 1 as place from windlass.jobs
      where queue = $1 and state = 'blocked' and ordering_key > $2
      order by ordering_key, id limit 1)
    union all
    select n.ordering_key, n.id, k.place + 1
      from keys k
     cross join lateral (
           select ordering_key, id from windlass.jobs
            where queue = $1 and state = 'blocked' and ordering_key > k.ordering_key
            order by ordering_key, id limit 1) n
     where k.place < 500
), freed as (
    update windlass.jobs
       set state = 'available',
           scheduled_at = greatest(scheduled_at, coalesce($3::timestamptz, statement_timestamp()))
     where queue = $1
       and state = 'blocked'
       and id = any(array(
            select k.id from keys k
             where not exists (
                select from windlass.jobs o
                 where o.queue = $1 and o.ordering_key = k.ordering_key and (o.id < k.id or o.state = 'running'))))
    returning id
)
select (select max(ordering_key) from keys having count(*) = 500) as reached, (select count(*) from freed) as freed
