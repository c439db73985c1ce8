-- For this transaction alone: all rows of a run are looked at together.
set local work_mem = '64MB'
