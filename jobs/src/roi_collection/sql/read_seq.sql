select dirty_seq from insights.roi_windows where cohort_id = $1 and win_start = $2 and win_end = $3
