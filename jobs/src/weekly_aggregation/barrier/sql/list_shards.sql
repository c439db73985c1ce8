insert into insights.aggregation_shards (bucket, run, step, shard_from, shard_to)
select $1, $2, $3, first, first + $5 from unnest($4::bigint[]) as t (first)
on conflict (bucket, run, step, shard_from) do nothing
