update insights.erasure_requests
   set deleted_counts = jsonb_set(deleted_counts, array[$2], to_jsonb(coalesce((deleted_counts ->> $2)::bigint, 0) + $3))
 where request_id = $1
