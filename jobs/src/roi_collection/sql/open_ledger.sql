-- What models have cost, by person and day. What is reserved and not settled may still come back.
declare roi_rows no scroll cursor for
 select 'ledger:' || c.day::text || ':' || coalesce(c.subject_id::text, 'none') as entry_id, null::text as learner_id,
        c.subject_id, (c.day::timestamp at time zone 'UTC')::timestamptz as ts, 'model' as category,
        sum(c.settled_micros)::bigint as amount_micros
   from insights.cost_ledger c
  where c.day >= ($1 at time zone 'UTC')::date and c.day <= ($2 at time zone 'UTC')::date and c.state = 'settled'
  group by c.day, c.subject_id
