insert into insights.learner_week as w
       (subject_id, week_no, interactions, new_capabilities, graded, correct, seconds, ema)
select * from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::float8[])
on conflict (subject_id, week_no) do update
   set interactions = excluded.interactions, new_capabilities = excluded.new_capabilities, graded = excluded.graded,
       correct = excluded.correct, seconds = excluded.seconds, ema = excluded.ema
 where (w.interactions, w.new_capabilities, w.graded, w.correct, w.seconds, w.ema) is distinct from
       (excluded.interactions, excluded.new_capabilities, excluded.graded, excluded.correct, excluded.seconds, excluded.ema)
