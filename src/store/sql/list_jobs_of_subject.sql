select id from windlass.jobs where subject = $1 order by id
