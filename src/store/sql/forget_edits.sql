-- Arguments as they were are a person's as well; before `forget_dead_letters`, which blanks by whom they are found.
update windlass.dead_letter_edits e
   set patch = '[]', before = '{}'
  from windlass.dead_letters d
 where d.subject = $1 and e.queue = d.queue and e.letter = d.id
