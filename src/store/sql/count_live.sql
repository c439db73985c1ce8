select count(*) from windlass.jobs where queue = $1 and state <> 'parked'
