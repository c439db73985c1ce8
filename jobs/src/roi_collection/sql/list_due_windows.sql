select cohort_id, win_start, win_end, dirty_seq
  from insights.roi_windows
 where dirty_seq > computed_seq and due_at <= statement_timestamp()
 order by due_at, cohort_id, win_end, win_start
 limit $1
