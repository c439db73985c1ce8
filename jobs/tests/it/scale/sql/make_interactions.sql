-- Of each learner one to eight sessions of one to eight answers in the 90 days before $3, half of them in one domain.
insert into insights.interactions
       (subject_id, interaction_id, day, ts, local_date, domain, capability, topic, objective, difficulty, assessment,
        correct, duration_s)
select n, 'i' || session || '-' || answer, (ts at time zone 'UTC')::date, ts, (ts at time zone 'UTC')::date, 1 + domain,
       7 + domain * 8 + r2 % 8, 55 + domain * 8 + r2 % 8, 103 + r3 % 8, (array['easy', 'medium', 'hard'])[r3 % 3 + 1],
       (array['practice', 'quiz', 'mock'])[r2 % 3 + 1], case when r1 % 8 > 0 then r3 % 5 > 1 end, 20 + r3 % 100
  from (select n, session, answer, r1, r2, r3, case when r1 % 2 = 0 then n % 6 else r2 % 6 end as domain,
               $3 - make_interval(mins => (abs(hashint8extended(n * 64 + session, $4 + 3)) % 129600)::int + 30)
                  + make_interval(mins => answer) as ts
          from generate_series($1::bigint, $2::bigint) as learner (n)
         cross join lateral generate_series(0, (abs(hashint8extended(n, $4)) % 8)::int) as s (session)
         cross join lateral generate_series(0, (abs(hashint8extended(n * 64 + session, $4)) % 8)::int) as a (answer)
         cross join lateral (select abs(hashint8extended(n * 4096 + session * 64 + answer, $4) % 1000000)::int as r1,
                                    abs(hashint8extended(n * 4096 + session * 64 + answer, $4 + 1) % 1000000)::int as r2,
                                    abs(hashint8extended(n * 4096 + session * 64 + answer, $4 + 2) % 1000000)::int as r3
                            ) as r) as made
