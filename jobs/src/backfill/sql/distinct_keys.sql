-- A later row of an id bears bit 8 or 9.
select count(*) from insights.backfill_staging where run_id = $1 and key is not null and reasons & 768 = 0
