-- A page of turns: so many at most, and none behind the one that fills it with bytes. Only what is scored of a turn travels; a
-- character has at most four bytes. A long turn's length is known without reading it. The month prunes to one partition.
select turn_index, role, left(body, $6)
  from (select turn_index, role, body,
               sum(least(octet_length(body), 4 * $6)) over (order by turn_index rows unbounded preceding)
                   - least(octet_length(body), 4 * $6) as bytes_before
          from (select turn_index, role, body
                  from insights.turns
                 where subject_id = $1 and session_id = $2 and month = $3 and turn_index > $4
                 order by turn_index
                 limit $5) as ahead) as page
 where bytes_before < $7
 order by turn_index
