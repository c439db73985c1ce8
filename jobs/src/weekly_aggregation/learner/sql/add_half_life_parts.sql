-- How long each capability has been used by each learner of the shard, in days begun: to the last use where it was given up
-- (not used since $4), else to as_of. Who is erased has none, even while the rows are still there.
insert into insights.half_life_parts (as_of, shard_from, capability, days, stopped, going_on)
select $1, $2, capability, days, count(*) filter (where stopped), count(*) filter (where not stopped)
  from (select capability, last_use <= $4 as stopped,
               floor(extract(epoch from case when last_use <= $4 then last_use else $1 end - first_use)::float8 / 86400)::int
                   + 1 as days
          from insights.capability_usage
          join insights.subjects s using (subject_id)
         where subject_id >= $2 and subject_id < $3 and s.subject_id >= $2 and s.subject_id < $3 and s.erased_at is null) as u
 group by capability, days
