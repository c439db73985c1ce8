-- An experiment is everybody's: the arms follow from the name and the learner's id at their source alone. The first bit of the
-- hash tells them, which is what its first 8 bytes below 2^63 means. Sums in the learners' order are the same to the last bit.
with arms as (
    select l.subject_id, get_byte(sha256(convert_to($1 || ':' || p.external_id, 'UTF8')), 0) < 128 as treatment
      from insights.learners l
      join insights.subjects p on p.subject_id = l.subject_id
     where p.erased_at is null
), money as (
    select e.subject_id,
           coalesce(sum(e.amount_micros) filter (where e.side = 'cost'), 0)::bigint as cost_micros,
           coalesce(sum(e.amount_micros) filter (where e.side = 'value'), 0)::bigint as value_micros
      from insights.roi_entries e
     where e.month between date_trunc('month', $2::timestamptz at time zone 'UTC')::date
                       and date_trunc('month', $3::timestamptz at time zone 'UTC')::date
       and e.ts >= $2 and e.ts < $3
       and e.subject_id is not null
     group by e.subject_id
), ratios as (
    select a.subject_id, a.treatment,
           case when m.cost_micros > 0 then m.value_micros::float8 / m.cost_micros::float8 end as roi,
           not exists (select from insights.interactions i
                        where i.subject_id = a.subject_id and i.ts > $3 and i.ts <= $4
                          and i.day between ($3::timestamptz at time zone 'UTC')::date
                                        and ($4::timestamptz at time zone 'UTC')::date) as lost
      from arms a
      left join money m on m.subject_id = a.subject_id
)
select treatment, count(*) as learners, count(roi) as n, avg(roi order by subject_id) as mean,
       var_samp(roi order by subject_id) as variance, count(*) filter (where lost) as lost
  from ratios
 group by treatment
