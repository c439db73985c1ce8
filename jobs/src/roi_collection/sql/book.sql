-- Books what is staged of source $1, side $2, whose learners are known by subject source $3; where $4 the staging is all that
-- the source holds from $5 up to $6, and what is gone from it is taken back.
--
-- For each entry of the source that is new or changed: what was booked with other words (learner, time, category) is taken
-- back, and the difference to the amount is added. The same again adds nothing. Of two rows with one id the first counts.
with staged as (
    select distinct on (entry_id) * from pg_temp.roi_staged order by entry_id, place
), wanted as (
    select s.entry_id as origin_id, coalesce(own.subject_id, known.subject_id) as subject_id, s.ts, s.category, s.amount_micros
      from staged s
      left join insights.subjects own on own.subject_id = s.subject_id and own.erased_at is null
      left join insights.subjects known on known.source = $3 and known.external_id = s.learner and known.erased_at is null
), concerned as (
    select origin_id from wanted
     union
    select origin_id from insights.roi_entries
     where $4 and source = $1 and ts >= $5 and ts < $6
       and month between date_trunc('month', $5::timestamptz at time zone 'UTC')::date
                     and date_trunc('month', $6::timestamptz at time zone 'UTC')::date
), revisions as (
    select e.* from concerned c join insights.roi_entries e on e.source = $1 and e.origin_id = c.origin_id
), booked as (
    select origin_id, subject_id, ts, category, sum(amount_micros)::bigint as amount_micros
      from revisions
     group by origin_id, subject_id, ts, category
), latest as (
    select distinct on (origin_id) origin_id, revision, subject_id, ts, category
      from revisions
     order by origin_id, revision desc
), changes as (
    select b.origin_id, b.subject_id, b.ts, b.category, -b.amount_micros as amount_micros, 0 as step
      from booked b
      left join wanted w on w.origin_id = b.origin_id and w.ts = b.ts and w.category = b.category
                        and w.subject_id is not distinct from b.subject_id
     where w.origin_id is null and b.amount_micros <> 0
     union all
    select w.origin_id, w.subject_id, w.ts, w.category, w.amount_micros - coalesce(b.amount_micros, 0), 1
      from wanted w
      left join booked b on b.origin_id = w.origin_id and b.ts = w.ts and b.category = w.category
                        and b.subject_id is not distinct from w.subject_id
      left join latest l on l.origin_id = w.origin_id
     where l.origin_id is null
        or (l.ts, l.category) <> (w.ts, w.category)
        or l.subject_id is distinct from w.subject_id
        or w.amount_micros <> coalesce(b.amount_micros, 0)
), added as (
    insert into insights.roi_entries (month, ts, subject_id, amount_micros, revision, side, source, origin_id, category)
    select date_trunc('month', c.ts at time zone 'UTC')::date, c.ts, c.subject_id, c.amount_micros,
           coalesce(l.revision + 1, 0)
               + row_number() over (partition by c.origin_id order by c.step, c.ts, c.category, c.subject_id)::integer - 1,
           $2, $1, c.origin_id, c.category
      from changes c
      left join latest l on l.origin_id = c.origin_id
    returning revision, subject_id, ts
), touched as (
    select distinct l.cohort_id, a.ts
      from added a
      join insights.learners l on l.subject_id = a.subject_id
     where l.cohort_id is not null
), stale as (
    -- A window's trend looks back up to 12 weeks from its end.
    select w.cohort_id, w.win_start, w.win_end
      from insights.roi_windows w
     where exists (select from touched t
                    where t.cohort_id = w.cohort_id and t.ts < w.win_end
                      and t.ts >= least(w.win_start, w.win_end - $7::integer * interval '168 hours'))
     order by w.cohort_id, w.win_end, w.win_start
       for update
), dirtied as (
    -- Due in a minute, so that a burst of entries makes one computation.
    update insights.roi_windows w
       set dirty_seq = w.dirty_seq + 1,
           dirty_since = case when w.dirty_seq > w.computed_seq then w.dirty_since else statement_timestamp() end,
           due_at = case when w.dirty_seq > w.computed_seq then w.due_at else statement_timestamp() + interval '60 seconds' end
      from stale s
     where w.cohort_id = s.cohort_id and w.win_start = s.win_start and w.win_end = s.win_end
    returning w.cohort_id
)
select (select count(*) from added where revision = 0) as new,
       (select count(*) from added where revision > 0) as adjusted,
       (select count(*) from wanted where subject_id is null) as unallocated,
       (select count(*) from pg_temp.roi_staged) - (select count(*) from staged) as duplicates,
       (select count(*) from dirtied) as dirtied
