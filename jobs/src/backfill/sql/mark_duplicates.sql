-- The first row of an id stays; a later one is the same (bit 8) or another (bit 9). Recomputed from nothing each time. Only ids
-- that stand there twice are put into an order: of a million others the order is nobody's business.
with twice as materialized (
    select key from insights.backfill_staging where run_id = $1 and key is not null group by key having count(*) > 1)
update insights.backfill_staging s
   set reasons = s.reasons & 255 | case when later.content_hash = later.first_hash then 256 else 512 end
  from (select row_no, content_hash,
               first_value(content_hash) over by_id as first_hash,
               row_number() over by_id as place
          from insights.backfill_staging
         where run_id = $1 and key in (select key from twice)
        window by_id as (partition by key order by row_no)) later
 where later.place > 1 and s.run_id = $1 and s.row_no = later.row_no
