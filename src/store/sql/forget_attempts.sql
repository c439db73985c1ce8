update windlass.attempts set subject = null, error = '(erased)' where subject = $1
