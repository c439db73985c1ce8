-- A page of turns. The month prunes to one partition.
select turn_index, role, body
  from insights.turns
 where subject_id = $1 and session_id = $2 and month = $3 and turn_index > $4
 order by turn_index
 limit $5
