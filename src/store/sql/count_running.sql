-- How many of a queue run, up to $2. A statement of its own, after the lock: its snapshot is younger than whatever the
-- lock's last holder has claimed.
select count(*) from (select from windlass.jobs where queue = $1 and state = 'running' limit $2::bigint) running
