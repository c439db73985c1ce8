select name from windlass.queues order by name
