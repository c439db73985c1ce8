-- Gives a letter other arguments, if nobody was faster ($3: how often it was edited when it was read); keeps the old ones.
with letter as materialized (
    select queue, id, args
      from windlass.dead_letters
     where queue = $1 and id = $2 and edits = $3 and replayed_at is null and discarded_at is null
       for update
), kept as (
    insert into windlass.dead_letter_edits (queue, letter, edit, edited_at, edited_by, why, patch, before)
    select queue, id, $3 + 1, coalesce($7::timestamptz, statement_timestamp()), $5, $6, $8::jsonb, args from letter
)
update windlass.dead_letters d
   set args = $4::jsonb, edits = $3 + 1
  from letter l
 where d.queue = l.queue and d.id = l.id
returning d.edits
