update insights.providers
   set granted = $2, state = $3, last = $4, opened_at = $5, open_seconds = $6, successes = $7, blocked_until = $8, refused_key = $9,
       next_turn = $10
 where provider = $1
