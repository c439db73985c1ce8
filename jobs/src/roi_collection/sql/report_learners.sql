select p.external_id, r.cost_micros, r.value_micros, r.capabilities, r.roi, r.net_roi, r.cost_per_capability, r.flag
  from insights.subjects p
  join insights.roi_learner r on r.subject_id = p.subject_id and r.win_start = $2 and r.win_end = $3
 where p.source = $1
 order by p.external_id
