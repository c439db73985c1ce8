-- Whatever is left of a person, in every table that could hold it; the person's own row and the request are the last to go.
select name, found
  from (select name, insights.count_rows(name, $1) as found
          from insights.tables_of_people
         where name not in ('subjects', 'erasure_requests')
        union all
        select 'dirty_buckets', count(*) from insights.dirty_buckets where key = $1 and scope = any($2)
        union all
        select 'windlass.' || name, found from insights.count_engine_rows($1)) as every_table
 where found > 0
 order by name
