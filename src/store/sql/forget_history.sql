update windlass.history set subject = null where subject = $1
