-- The three heatmaps of a page of learners, cells with data only: [graded, right]. $5 are the learners' local dates: the
-- weeks are the eight up to theirs.
insert into insights.heatmaps as h (subject_id, as_of, kind, cells)
with used as materialized (
    select i.subject_id, i.domain, i.topic, i.objective, i.difficulty, i.assessment, i.correct,
           (i.local_date - date '1970-01-05') / 7 as week_no, (l.today - date '1970-01-05') / 7 as this_week
      from insights.interactions i
      join unnest($1::bigint[], $5::date[]) as l (subject_id, today) using (subject_id)
     where i.subject_id between $2 and $3 and i.ts <= $4 and i.day <= ($4 at time zone 'UTC')::date
), cell as (
    select subject_id, 'domain_week' as kind, domain || '|' || week_no as place,
           count(correct) as graded, count(*) filter (where correct) as correct
      from used
     where week_no > this_week - 8 and week_no <= this_week
     group by subject_id, domain, week_no
    union all
    select subject_id, 'topic_difficulty', topic || '|' || difficulty, count(correct), count(*) filter (where correct)
      from used
     where topic is not null and difficulty is not null
     group by subject_id, topic, difficulty
    union all
    select subject_id, 'objective_assessment', objective || '|' || assessment, count(correct), count(*) filter (where correct)
      from used
     where objective is not null and assessment is not null
     group by subject_id, objective, assessment
), drawn as (
    select subject_id, kind, jsonb_object_agg(place, jsonb_build_array(graded, correct)) as cells
      from cell
     group by subject_id, kind
)
select l.subject_id, $4, k.kind, coalesce(d.cells, '{}')
  from unnest($1::bigint[]) as l (subject_id)
 cross join (values ('domain_week'), ('topic_difficulty'), ('objective_assessment')) as k (kind)
  left join drawn d using (subject_id, kind)
on conflict (subject_id, kind) do update set as_of = excluded.as_of, cells = excluded.cells
 where h.as_of <= excluded.as_of
