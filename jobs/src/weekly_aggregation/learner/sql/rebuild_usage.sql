-- First, last and count of each capability's uses up to as_of, from the interactions themselves. A row that is right already
-- is not touched; one whose interactions were taken back, or came later, goes.
with now as materialized (
    select subject_id, capability, min(domain) as domain, min(ts) as first_use, max(ts) as last_use, count(*)::int as uses,
           count(correct)::int as graded, (count(*) filter (where correct))::int as correct
      from insights.interactions
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3
       and ts <= $4 and day <= ($4 at time zone 'UTC')::date
     group by subject_id, capability
), before as materialized (
    select subject_id, capability, domain, first_use, last_use, uses, graded, correct
      from insights.capability_usage
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3
), gone as (
    delete from insights.capability_usage u
     using (select subject_id, capability from before except select subject_id, capability from now) as g
     where u.subject_id between $2 and $3 and u.subject_id = g.subject_id and u.capability = g.capability
)
insert into insights.capability_usage as u (subject_id, capability, domain, first_use, last_use, uses, graded, correct)
select * from now except select * from before
on conflict (subject_id, capability) do update
   set domain = excluded.domain, first_use = excluded.first_use, last_use = excluded.last_use, uses = excluded.uses,
       graded = excluded.graded, correct = excluded.correct
