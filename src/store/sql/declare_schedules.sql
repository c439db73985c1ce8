-- What a program declares when it starts. A newer version's word stands; another program's schedule is not touched.
-- A schedule that is new, changed or was retired begins now, so that nothing is caught up with from before; and what was
-- dealt with once never comes again, even where the server's clock has gone back.
insert into windlass.schedules as s (
    name, program, version, cron, zone, kind, missed, overlap, declared_at, fired_to)
select name, $1, $2::bigint[], cron, zone, kind, missed, overlap,
       coalesce($9::timestamptz, statement_timestamp()), coalesce($9::timestamptz, statement_timestamp())
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       as t (name, cron, zone, kind, missed, overlap)
on conflict (name) do update
   set version = excluded.version,
       cron = excluded.cron,
       zone = excluded.zone,
       kind = excluded.kind,
       missed = excluded.missed,
       overlap = excluded.overlap,
       retired_at = null,
       declared_at = case
           when s.retired_at is null and (s.cron, s.zone, s.kind) = (excluded.cron, excluded.zone, excluded.kind)
           then s.declared_at else excluded.declared_at end,
       fired_to = case
           when s.retired_at is null and (s.cron, s.zone, s.kind) = (excluded.cron, excluded.zone, excluded.kind)
           then s.fired_to else greatest(s.fired_to, excluded.fired_to) end
 where s.program = excluded.program and s.version <= excluded.version
