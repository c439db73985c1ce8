-- Letters of a queue that are older than it keeps them ($2: what the configuration says), at most 1,000.
delete from windlass.dead_letters
 where queue = $1
   and id = any(array(
        select d.id from windlass.dead_letters d
         where d.queue = $1
           and d.died_at < coalesce($3::timestamptz, statement_timestamp())
               - coalesce((select keep_dead_letters from windlass.queues where name = $1), $2::bigint * interval '1 second')
         order by d.died_at limit 1000
         for update skip locked))
