-- What people say of a group; null keeps what is there. A death that is folded from now on opens a resolved or discarded one
-- again.
update windlass.dead_letter_groups g
   set state = coalesce($3, g.state),
       state_at = case when $3 is null then g.state_at else coalesce($7::timestamptz, statement_timestamp()) end,
       snoozed_until = case when $3 is null then g.snoozed_until else $4::timestamptz end,
       reopened_at = case when $3 is null then g.reopened_at end,
       assignee = case when $5::text is null then g.assignee else nullif($5, '') end,
       note = case when $6::text is null then g.note else nullif($6, '') end
  from (select queue, fingerprint, state, assignee, note, snoozed_until
          from windlass.dead_letter_groups
         where queue = $1 and fingerprint = $2
           for update) was
 where g.queue = was.queue and g.fingerprint = was.fingerprint
returning was.state as state_before, g.state as state_after
