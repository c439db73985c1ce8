-- Learners of the page without a use up to as_of have no measures, and are not active.
delete from insights.learner_measures
 where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3 and as_of <= $4
   and subject_id <> all($5::bigint[])
