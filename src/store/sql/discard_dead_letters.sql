-- Sets aside the open letters of a group that died up to $4, at most $3; they can be taken back. Or one letter ($5).
with chosen as materialized (
    select id
      from windlass.dead_letters
     where queue = $1 and fingerprint = $2 and replayed_at is null and discarded_at is null and died_at <= $4
       and ($5::uuid is null or id = $5)
     order by died_at desc, id
     limit $3
), locked as materialized (
    select id from windlass.dead_letters
     where queue = $1 and id = any(array(select id from chosen)) and replayed_at is null and discarded_at is null
     order by id
       for update
), set_aside as (
    update windlass.dead_letters
       set discarded_at = coalesce($6::timestamptz, statement_timestamp())
     where queue = $1 and id = any(array(select id from locked))
    returning kind, reason
), tallied as (
    insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, open)
    select $1, $2, kind, reason, coalesce($6::timestamptz, statement_timestamp()), -count(*)
      from set_aside
     group by kind, reason
)
select count(*) from set_aside
