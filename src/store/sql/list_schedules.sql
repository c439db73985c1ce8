-- Every schedule, or one, with what became of its last tick.
select s.name, s.cron, s.zone, s.kind, s.missed, s.overlap, s.program, s.version, s.declared_at, s.fired_to,
       s.paused_at, s.retired_at, s.last_fired_at, s.last_job,
       t.tick as last_tick, t.outcome as last_outcome, t.reason as last_reason,
       coalesce($2::timestamptz, statement_timestamp()) as now
  from windlass.schedules s
  left join lateral (
       select t.tick, t.outcome, t.reason
         from windlass.schedule_ticks t
        where t.schedule = s.name
        order by t.tick desc
        limit 1) t on true
 where $1::text is null or s.name = $1
 order by s.name
