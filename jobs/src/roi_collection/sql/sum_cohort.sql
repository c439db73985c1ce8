-- A cohort's window by archetype. Ratios are summed in the learners' order, so that the mean is the same to the last bit.
select coalesce(a.archetype, 'generalist') as archetype,
       count(*) as n,
       count(*) filter (where r.cost_micros > 0) as n_with_roi,
       coalesce(sum(r.cost_micros) filter (where r.cost_micros > 0), 0)::bigint as cost_micros,
       coalesce(sum(r.value_micros) filter (where r.cost_micros > 0), 0)::bigint as value_micros,
       coalesce(sum(r.roi order by r.subject_id), 0) as sum_of_ratios
  from insights.learners l
  join insights.roi_learner r on r.subject_id = l.subject_id and r.win_start = $2 and r.win_end = $3
  left join insights.learner_metrics a on a.subject_id = l.subject_id
 where l.cohort_id = $1
 group by coalesce(a.archetype, 'generalist')
