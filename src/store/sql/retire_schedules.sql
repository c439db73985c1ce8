-- What the newest version of a program declares no more fires no more; it stays to be seen. The word is this version's,
-- so an older node that starts anew does not revive it.
update windlass.schedules
   set retired_at = coalesce($4::timestamptz, statement_timestamp()),
       version = $2::bigint[]
 where program = $1 and version <= $2::bigint[] and name <> all ($3::text[]) and retired_at is null
returning name
