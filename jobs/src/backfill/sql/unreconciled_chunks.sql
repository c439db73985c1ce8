select seq from insights.backfill_chunks
 where run_id = $1 and rows is distinct from accepted + quarantined + skipped
 order by seq
 limit 1
