-- By the hash: the person may be gone.
select count.key, sum(count.value::bigint)::bigint
  from insights.erasure_requests r
 cross join jsonb_each_text(r.deleted_counts) as count
 where r.subject_hash = $1
 group by count.key
