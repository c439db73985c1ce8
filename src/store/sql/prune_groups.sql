-- Groups of a queue without letters whose last death is older than $2 seconds, and hours older than that.
with gone as (
    delete from windlass.dead_letter_groups
     where queue = $1 and kept <= 0
       and last_died_at < coalesce($3::timestamptz, statement_timestamp()) - $2::bigint * interval '1 second'
)
delete from windlass.dead_letter_hours
 where queue = $1 and hour < coalesce($3::timestamptz, statement_timestamp()) - $2::bigint * interval '1 second'
