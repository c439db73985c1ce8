-- $4: the people's source. A day is that of the learner's zone as it is now; the key's day is UTC's.
insert into insights.interactions (subject_id, day, local_date, ts, domain, capability, topic, objective, duration_s, correct,
                                   interaction_id, difficulty, assessment)
select p.subject_id, (r.ts at time zone 'UTC')::date, (r.ts at time zone p.tz)::date, r.ts, d.item_id, c.item_id, t.item_id,
       o.item_id, (s.cells ->> 10)::integer, (s.cells ->> 9)::integer::boolean, s.key, s.cells ->> 7, s.cells ->> 8
  from insights.backfill_staging s
 cross join lateral (select (s.cells ->> 2)::timestamptz as ts) r
  join insights.subjects p on p.source = $4 and p.external_id = s.cells ->> 1 and p.erased_at is null
  join insights.curriculum d on d.kind = 'domain' and d.name = s.cells ->> 3
  join insights.curriculum c on c.kind = 'capability' and c.name = s.cells ->> 4
  left join insights.curriculum t on t.kind = 'topic' and t.name = s.cells ->> 5
  left join insights.curriculum o on o.kind = 'objective' and o.name = s.cells ->> 6
 where s.run_id = $1 and s.row_no >= (select first_row from insights.backfill_chunks where run_id = $1 and seq = $2)
   and s.row_no < (select first_row + rows from insights.backfill_chunks where run_id = $1 and seq = $3)
   and s.reasons = 0 and not s.skipped and $5::timestamptz is not null
    on conflict on constraint an_interaction_is_known_by_person_and_id do nothing
