update insights.aggregation_shards
   set done_at = statement_timestamp()
 where bucket = $1 and run = $2 and step = $3 and shard_from = $4 and done_at is null
