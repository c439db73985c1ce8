-- A rule that no longer fires resolves its advice.
update insights.recommendations r
   set resolved_at = $4
 where r.subject_id = any($1::bigint[]) and r.subject_id between $2 and $3 and r.resolved_at is null and r.last_seen <= $4
   and not exists (
       select from unnest($5::bigint[], $6::text[], $7::text[]) as still (subject_id, type, subject)
        where still.subject_id = r.subject_id and still.type = r.type and still.subject = r.subject)
