-- The versions of the programs that work, and how many processes of each.
select version, count(*) as workers
  from windlass.workers
 where condemned_at is null and lease_until > coalesce($1::timestamptz, statement_timestamp())
 group by version
 order by version
