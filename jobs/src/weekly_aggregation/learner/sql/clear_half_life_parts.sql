delete from insights.half_life_parts where as_of = $1 and shard_from = $2
