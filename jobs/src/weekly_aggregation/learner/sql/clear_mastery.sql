-- Domains in which nothing is graded any more.
delete from insights.mastery_predictions m
 where m.subject_id = any($1::bigint[]) and m.subject_id between $2 and $3 and m.as_of <= $4
   and not exists (
       select from unnest($5::bigint[], $6::int[]) as still (subject_id, domain)
        where still.subject_id = m.subject_id and still.domain = m.domain)
