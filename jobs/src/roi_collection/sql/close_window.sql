-- What came while the window was computed has raised dirty_seq again: it stays open then.
update insights.roi_windows
   set computed_seq = greatest(computed_seq, $4)
 where cohort_id = $1 and win_start = $2 and win_end = $3
