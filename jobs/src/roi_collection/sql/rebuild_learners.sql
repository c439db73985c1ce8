-- The window of each of a cohort's learners, from their entries and first uses. Who is being erased is locked out: the
-- tombstone waits for this transaction, or this one does not see the person. An older computation never replaces a newer
-- one, and an equal row is not written.
with members as (
    select l.subject_id
      from insights.learners l
      join insights.subjects p on p.subject_id = l.subject_id
     where l.cohort_id = $1 and p.erased_at is null
     order by l.subject_id
       for share of p
), money as (
    select e.subject_id,
           coalesce(sum(e.amount_micros) filter (where e.side = 'cost'), 0)::bigint as cost_micros,
           coalesce(sum(e.amount_micros) filter (where e.side = 'value'), 0)::bigint as value_micros
      from members m
      join insights.roi_entries e on e.subject_id = m.subject_id
     where e.month between date_trunc('month', $2::timestamptz at time zone 'UTC')::date
                       and date_trunc('month', $3::timestamptz at time zone 'UTC')::date
       and e.ts >= $2 and e.ts < $3
     group by e.subject_id
), firsts as (
    select u.subject_id, count(*)::integer as capabilities
      from members m
      join insights.capability_usage u on u.subject_id = m.subject_id
     where u.first_use >= $2 and u.first_use < $3
     group by u.subject_id
)
insert into insights.roi_learner as r (
    subject_id, win_start, win_end, cost_micros, value_micros, capabilities, computed_seq)
select m.subject_id, $2, $3, coalesce(y.cost_micros, 0), coalesce(y.value_micros, 0), coalesce(f.capabilities, 0), $4
  from members m
  left join money y on y.subject_id = m.subject_id
  left join firsts f on f.subject_id = m.subject_id
 order by m.subject_id
on conflict (subject_id, win_start, win_end) do update
   set cost_micros = excluded.cost_micros, value_micros = excluded.value_micros, capabilities = excluded.capabilities,
       computed_seq = excluded.computed_seq, computed_at = excluded.computed_at
 where r.computed_seq <= excluded.computed_seq
   and (r.cost_micros, r.value_micros, r.capabilities, r.computed_seq)
       is distinct from (excluded.cost_micros, excluded.value_micros, excluded.capabilities, excluded.computed_seq)
