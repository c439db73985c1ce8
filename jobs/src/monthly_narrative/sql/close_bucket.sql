update insights.dirty_buckets
   set computed_seq = greatest(computed_seq, $3)
 where scope = 'narrative_month' and key = $1 and bucket = $2
