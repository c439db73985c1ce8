-- The shards of $1 ids in which there are learners. Jumps from one to the next by the key: a shard costs one look.
with recursive shard (first) as (
    select min(subject_id) / $1 * $1 from insights.learners
    union all
    select (select min(l.subject_id) / $1 * $1 from insights.learners l where l.subject_id >= s.first + $1)
      from shard s
     where s.first is not null
)
select first from shard where first is not null order by first
