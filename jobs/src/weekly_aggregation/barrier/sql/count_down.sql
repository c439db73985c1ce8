update insights.aggregation_steps
   set remaining = remaining - 1
 where bucket = $1 and run = $2 and step = $3
returning remaining
