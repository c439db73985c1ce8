-- The partitions of a table whose month ended so many days ago or longer.
select c.relname::text
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
 where i.inhparent = ('insights.' || $1)::regclass
   and c.relname ~ '_[0-9]{4}_[0-9]{2}$'
   and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= now() - make_interval(days => $2)
 order by c.relname
