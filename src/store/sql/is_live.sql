-- Whether a job has not ended.
select exists (select from windlass.jobs where queue = $1 and id = $2)
