-- Tallies whose group is not there yet, and the error of a letter of each.
select distinct on (t.queue, t.fingerprint) t.queue, t.fingerprint, t.kind, t.reason, t.at, d.error
  from windlass.dead_letter_tallies t
  left join windlass.dead_letters d on d.queue = t.queue and d.id = t.sample
 where t.died > 0
   and not exists (
        select from windlass.dead_letter_groups g where g.queue = t.queue and g.fingerprint = t.fingerprint)
 order by t.queue, t.fingerprint
 limit 100
