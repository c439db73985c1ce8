-- An interaction that is known already is not added again.
insert into insights.interactions
       (subject_id, interaction_id, day, ts, local_date, domain, capability, topic, objective, difficulty, assessment,
        correct, duration_s)
select * from unnest($1::bigint[], $2::text[], $3::date[], $4::timestamptz[], $5::date[], $6::int[], $7::int[], $8::int[],
                     $9::int[], $10::text[], $11::text[], $12::boolean[], $13::int[])
on conflict (subject_id, interaction_id, day) do nothing
