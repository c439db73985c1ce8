delete from windlass.workers where session = $1
