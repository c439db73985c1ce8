-- Parked jobs of kinds that this program knows, at versions that it knows, and that nobody has paused. At most 1,000.
update windlass.jobs
   set state = 'available',
       scheduled_at = greatest(scheduled_at, coalesce($4::timestamptz, statement_timestamp()))
 where queue = $1
   and state = 'parked'
   and id = any(array(
        select j.id
          from unnest($2::text[], $3::smallint[]) as known (kind, args_version)
         cross join lateral (
               select id from windlass.jobs p
                where p.queue = $1 and p.state = 'parked' and p.kind = known.kind and p.args_version <= known.args_version
                order by id limit 1000
                for update skip locked) j
         where not exists (select from windlass.kinds k where k.kind = known.kind and k.paused_at is not null)
         limit 1000))
returning id
