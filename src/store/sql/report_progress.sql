-- Fenced, like everything a worker writes.
update windlass.jobs
   set progress_done = $5, progress_total = $6, progress_message = $7
 where queue = $1 and id = $2 and leased_by = $3 and attempt = $4
