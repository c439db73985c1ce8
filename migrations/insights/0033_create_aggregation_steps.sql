-- How far the shards of a bucket's step are. The shard whose commit brings remaining to zero enqueues the next step in that
-- commit; a shard that ran twice is counted once.
create table insights.aggregation_steps (
    bucket    date    not null,
    run       bigint  not null,                           -- the bucket's dirty sequence; 0 for the schedule's
    shards    integer not null,
    remaining integer not null,
    step      text    not null,
    constraint a_step_of_a_bucket_is_counted_once primary key (bucket, run, step),
    constraint what_remains_is_a_part_of_the_shards check (remaining between 0 and shards)
);

create table insights.aggregation_shards (
    bucket     date        not null,
    run        bigint      not null,
    shard_from bigint      not null,
    shard_to   bigint      not null,
    done_at    timestamptz,
    step       text        not null,
    constraint a_shard_of_a_step_is_listed_once primary key (bucket, run, step, shard_from),
    constraint a_shard_belongs_to_its_step foreign key (bucket, run, step)
        references insights.aggregation_steps on delete cascade,
    constraint a_shard_is_a_range check (shard_from < shard_to)
);
