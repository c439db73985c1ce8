select count(*) from windlass.jobs where queue = $1 and id = any($2::uuid[])
