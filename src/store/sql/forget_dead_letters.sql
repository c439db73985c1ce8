-- What is left tells that a job of this kind died when and why; it cannot be replayed to any effect.
update windlass.dead_letters
   set subject = null, args = '{}', checkpoint = null, error = '(erased)', unique_key = null, ordering_key = null
 where subject = $1
