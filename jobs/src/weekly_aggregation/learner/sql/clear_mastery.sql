-- Domains in which nothing is graded any more. `not in`: see `clear_weeks`.
delete from insights.mastery_predictions m
 where m.subject_id + 0 = any($1::bigint[]) and m.subject_id between $2 and $3 and m.as_of <= $4
   and (m.subject_id, m.domain) not in (select * from unnest($5::bigint[], $6::int[]))
