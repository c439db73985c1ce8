-- The day partitions of the history, the oldest first.
select c.relname
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
 where i.inhparent = 'windlass.history'::regclass
   and c.relname ~ '^history_[0-9]{4}_[0-9]{2}_[0-9]{2}$'
 order by c.relname
