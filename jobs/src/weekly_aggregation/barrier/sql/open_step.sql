insert into insights.aggregation_steps (bucket, run, step, shards, remaining)
values ($1, $2, $3, $4, $4)
on conflict (bucket, run, step) do nothing
