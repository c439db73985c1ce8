-- A run's rows that stayed behind, as the file of results tells them.
select $2 as file, row_no as row, key as claim_id, array_to_string(reasons, '|') as reasons
  from insights.backfill_quarantine
 where run_id = $1
 order by row_no
