-- All learners of a window with a cost, by cohort and archetype. Of the entries only the window's months are read.
with money as (
    select e.subject_id,
           sum(e.amount_micros) filter (where e.side = 'cost') as cost_micros,
           coalesce(sum(e.amount_micros) filter (where e.side = 'value'), 0) as value_micros
      from insights.roi_entries e
     where e.month between date_trunc('month', $1::timestamptz at time zone 'UTC')::date
                       and date_trunc('month', $2::timestamptz at time zone 'UTC')::date
       and e.ts >= $1 and e.ts < $2
       and e.subject_id is not null
     group by e.subject_id
    having sum(e.amount_micros) filter (where e.side = 'cost') > 0
)
select l.cohort_id, coalesce(a.archetype, 'generalist') as archetype, count(*) as n,
       sum(m.cost_micros)::bigint as cost_micros, sum(m.value_micros)::bigint as value_micros
  from money m
  join insights.subjects p on p.subject_id = m.subject_id and p.erased_at is null
  left join insights.learners l on l.subject_id = m.subject_id
  left join insights.learner_metrics a on a.subject_id = m.subject_id
 group by l.cohort_id, coalesce(a.archetype, 'generalist')
