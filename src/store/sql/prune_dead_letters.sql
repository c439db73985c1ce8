-- Letters of a queue that are older than it keeps them ($2: what the configuration says), at most 1,000. Says how many.
with gone as (
    delete from windlass.dead_letters
     where queue = $1
       and id = any(array(
            select d.id from windlass.dead_letters d
             where d.queue = $1
               and d.died_at < coalesce($3::timestamptz, statement_timestamp())
                   - coalesce((select keep_dead_letters from windlass.queues where name = $1), $2::bigint * interval '1 second')
             order by d.died_at limit 1000
             for update skip locked))
    returning id, kind, reason, fingerprint, replayed_at is null and discarded_at is null as open
), unedited as (
    delete from windlass.dead_letter_edits where queue = $1 and letter = any(array(select id from gone))
), tallied as (
    insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, open, kept)
    select $1, fingerprint, kind, reason, coalesce($3::timestamptz, statement_timestamp()),
           -count(*) filter (where open), -count(*)
      from gone
     group by fingerprint, kind, reason
)
select count(*) from gone
