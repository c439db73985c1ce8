insert into insights.roi_windows (cohort_id, win_start, win_end) values ($1, $2, $3) on conflict do nothing
