-- First, last and count of each capability's uses up to as_of, from the interactions themselves. A row that is right already
-- is not written again.
insert into insights.capability_usage as u (subject_id, capability, domain, first_use, last_use, uses, graded, correct)
select subject_id, capability, min(domain), min(ts), max(ts), count(*), count(correct), count(*) filter (where correct)
  from insights.interactions
 where subject_id = any($1::bigint[]) and subject_id between $2 and $3
   and ts <= $4 and day <= ($4 at time zone 'UTC')::date
 group by subject_id, capability
on conflict (subject_id, capability) do update
   set domain = excluded.domain, first_use = excluded.first_use, last_use = excluded.last_use, uses = excluded.uses,
       graded = excluded.graded, correct = excluded.correct
 where (u.domain, u.first_use, u.last_use, u.uses, u.graded, u.correct) is distinct from
       (excluded.domain, excluded.first_use, excluded.last_use, excluded.uses, excluded.graded, excluded.correct)
