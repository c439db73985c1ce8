-- A learner that is there just so is skipped; one who is there otherwise conflicts (bit 10). $2: the people's source, $3:
-- as of when.
with existing as (
    select s.row_no,
           (p.tz, l.enrolled_at, h.name, l.hours_per_week, l.target_score, l.exam_on, l.declared_cohort)
               is not distinct from
           (s.cells ->> 2, (s.cells ->> 3)::timestamptz, s.cells ->> 1, (s.cells ->> 4)::float8, (s.cells ->> 5)::float8,
            ($3::timestamptz at time zone (s.cells ->> 2))::date + (s.cells ->> 6)::integer, s.cells ->> 7) as same
      from insights.backfill_staging s
      join insights.subjects p on p.source = $2 and p.external_id = s.key
      join insights.learners l on l.subject_id = p.subject_id
      left join insights.cohorts h on h.cohort_id = l.cohort_id
     where s.run_id = $1 and s.reasons = 0)
update insights.backfill_staging s
   set skipped = existing.same, reasons = case when existing.same then 0 else 1024 end
  from existing
 where s.run_id = $1 and s.row_no = existing.row_no
