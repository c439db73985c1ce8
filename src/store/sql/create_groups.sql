-- Groups for what has died for the first time; folding counts it.
insert into windlass.dead_letter_groups (
    queue, fingerprint, kind, reason, title, first_died_at, last_died_at, state_at)
select queue, fingerprint, kind, reason, title, at, at, at
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    as t (queue, fingerprint, kind, reason, title, at)
 order by queue, fingerprint
on conflict (queue, fingerprint) do nothing
