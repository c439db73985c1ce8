-- Failed attempts of a queue that are older than it keeps them ($2: what the configuration says), at most 1,000. Those of
-- letters and of live jobs go with these too: the last error stands in the letter.
delete from windlass.attempts a
 using (
        select job_id, attempt from windlass.attempts
         where queue = $1
           and ended_at < coalesce($3::timestamptz, statement_timestamp())
               - coalesce((select keep_attempts from windlass.queues where name = $1), $2::bigint * interval '1 second')
         order by ended_at limit 1000
         for update skip locked) old
 where a.queue = $1 and a.job_id = old.job_id and a.attempt = old.attempt
