delete from insights.dirty_buckets where key = $1 and scope = any($2)
