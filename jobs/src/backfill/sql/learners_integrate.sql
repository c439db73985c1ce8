-- $4: the people's source, $5: as of when. The exam is on a day of the learner's own calendar.
with rows as (
    select key, cells from insights.backfill_staging
     where run_id = $1 and row_no >= (select first_row from insights.backfill_chunks where run_id = $1 and seq = $2)
       and row_no < (select first_row + rows from insights.backfill_chunks where run_id = $1 and seq = $3)
       and reasons = 0 and not skipped),
people as (
    insert into insights.subjects (source, external_id, tz, enrolled_at)
    select $4, key, cells ->> 2, (cells ->> 3)::timestamptz from rows order by key
        on conflict on constraint a_person_is_known_once_to_a_source do update set tz = excluded.tz
     where insights.subjects.erased_at is null
    returning subject_id, external_id)
insert into insights.learners (subject_id, enrolled_at, cohort_id, exam_on, hours_per_week, target_score, declared_cohort)
select p.subject_id, (r.cells ->> 3)::timestamptz, h.cohort_id,
       ($5::timestamptz at time zone (r.cells ->> 2))::date + (r.cells ->> 6)::integer, (r.cells ->> 4)::float8,
       (r.cells ->> 5)::float8, r.cells ->> 7
  from rows r
  join people p on p.external_id = r.key
  left join insights.cohorts h on h.name = r.cells ->> 1
    on conflict on constraint a_learner_is_a_person do nothing
