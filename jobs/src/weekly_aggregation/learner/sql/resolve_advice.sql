-- A rule that no longer fires resolves its advice. `not in`: see `clear_weeks`.
update insights.recommendations r
   set resolved_at = $4
 where r.subject_id + 0 = any($1::bigint[]) and r.subject_id between $2 and $3 and r.resolved_at is null and r.last_seen <= $4
   and (r.subject_id, r.type, r.subject) not in (select * from unnest($5::bigint[], $6::text[], $7::text[]))
