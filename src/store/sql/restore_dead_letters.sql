-- Takes back letters of a group that were set aside, at most $3. Or one letter ($4). What was erased stays where it is.
with chosen as materialized (
    select id
      from windlass.dead_letters
     where queue = $1 and fingerprint = $2 and discarded_at is not null and error <> '(erased)' and ($4::uuid is null or id = $4)
     order by id
     limit $3
       for update
), taken_back as (
    update windlass.dead_letters
       set discarded_at = null
     where queue = $1 and id = any(array(select id from chosen))
    returning kind, reason
), tallied as (
    insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, open)
    select $1, $2, kind, reason, coalesce($5::timestamptz, statement_timestamp()), count(*)
      from taken_back
     group by kind, reason
)
select count(*) from taken_back
