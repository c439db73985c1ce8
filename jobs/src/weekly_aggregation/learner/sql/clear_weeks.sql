-- Weeks that are none of these any more: ($4, $5) are the pairs that were just read.
-- `not in` is a hash whatever is thought of the page's size; `not exists` was taken for a handful by a handful, and went through
-- thousands for each of thousands.
delete from insights.learner_week w
 where w.subject_id + 0 = any($1::bigint[]) and w.subject_id between $2 and $3
   and (w.subject_id, w.week_no) not in (select * from unnest($4::bigint[], $5::int[]))
