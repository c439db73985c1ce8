-- An interaction that is there just so is skipped; one that is there otherwise, or is of nobody we know, conflicts (bit 10).
-- $2: the people's source.
with known as (
    select s.row_no, p.subject_id, i.interaction_id,
           (i.ts, d.name, c.name, t.name, o.name, i.difficulty, i.assessment, i.correct, i.duration_s) is not distinct from
           ((s.cells ->> 2)::timestamptz, s.cells ->> 3, s.cells ->> 4, s.cells ->> 5, s.cells ->> 6, s.cells ->> 7,
            s.cells ->> 8, (s.cells ->> 9)::integer::boolean, (s.cells ->> 10)::integer) as same
      from insights.backfill_staging s
      left join insights.subjects p on p.source = $2 and p.external_id = s.cells ->> 1
      left join insights.interactions i on i.subject_id = p.subject_id and i.interaction_id = s.key
                                       and i.day = ((s.cells ->> 2)::timestamptz at time zone 'UTC')::date
      left join insights.curriculum d on d.item_id = i.domain
      left join insights.curriculum c on c.item_id = i.capability
      left join insights.curriculum t on t.item_id = i.topic
      left join insights.curriculum o on o.item_id = i.objective
     where s.run_id = $1 and s.reasons = 0)
update insights.backfill_staging s
   set skipped = known.interaction_id is not null and known.same,
       reasons = case when known.subject_id is null or (known.interaction_id is not null and not known.same) then 1024 else 0 end
  from known
 where s.run_id = $1 and s.row_no = known.row_no and (known.subject_id is null or known.interaction_id is not null)
