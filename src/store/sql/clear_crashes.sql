-- A suspect has ended without killing anybody. While it is still held, by the fence of every ending.
update windlass.jobs
   set crashes = 0
 where queue = $1 and id = $2 and leased_by = $3 and attempt = $4
