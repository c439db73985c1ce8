-- The rescuer's second step: running jobs of condemned and of missing sessions are due again, at once. Nobody's
-- attempt is used up: `failures` stays as it is, and `attempt`, the fence, rises with the next claim. By place, as `claim` does.
update windlass.jobs
   set state = 'available',
       leased_by = null,
       crashes = crashes + 1,
       scheduled_at = coalesce($2::timestamptz, statement_timestamp())
 where queue || '' = $1
   and ctid = any(array(
        select j.ctid from windlass.jobs j
         where j.queue = $1 and j.state = 'running'
           and not exists (
                select from windlass.workers w where w.session = j.leased_by and w.condemned_at is null)
         limit 1000
         for update of j skip locked))
returning id
