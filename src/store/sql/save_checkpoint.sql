-- Fenced: only the attempt that holds the job may leave something for the next.
update windlass.jobs
   set checkpoint = $5::jsonb
 where queue = $1 and id = $2 and leased_by = $3 and attempt = $4
