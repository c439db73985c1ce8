-- For this transaction alone: a million learners are sorted eleven times.
set local work_mem = '32MB'
