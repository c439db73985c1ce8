-- Paused by whom and why ($2, $3), or with nulls: resumed. No row: no such kind.
update windlass.kinds
   set paused_at = case when $2::text is not null then coalesce(paused_at, $4::timestamptz, statement_timestamp()) end,
       paused_by = $2,
       paused_why = $3
 where kind = $1
returning kind
