-- What was said of rows beside others is forgotten before it is said again.
update insights.backfill_staging set reasons = reasons & 255, skipped = false
 where run_id = $1 and (reasons > 255 or skipped)
