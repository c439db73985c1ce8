-- Weeks that are none of these any more: ($4, $5) are the pairs that were just read.
delete from insights.learner_week w
 where w.subject_id = any($1::bigint[]) and w.subject_id between $2 and $3
   and not exists (
       select from unnest($4::bigint[], $5::int[]) as still (subject_id, week_no)
        where still.subject_id = w.subject_id and still.week_no = w.week_no)
