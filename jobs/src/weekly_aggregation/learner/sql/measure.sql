-- What the interactions of a page of learners tell, a row a learner: domain affinity (4.3.2), reuse (4.3.3), performance
-- (4.4). $1 and $5 are the learners and their local dates at as_of ($4); $6 to $9 the beginnings of the windows of recent
-- use, affinity, adoption and of what came before; $10 the number of domains, $11 and $12 a specialist's limits, $13 and
-- $14 the days in which a use loses half its weight and the reuses that count.
with learner as (
    select * from unnest($1::bigint[], $5::date[]) as l (subject_id, today)
), used as materialized (
    select subject_id, domain, ts, local_date, duration_s, correct
      from insights.interactions
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3
       and ts <= $4 and day <= ($4 at time zone 'UTC')::date
), performance as (
    select subject_id, max(ts) as last_use, count(*) filter (where ts >= $6)::int as usage_28d,
           count(*) filter (where ts >= $7)::int as usage_90d, sum(duration_s) / 3600.0::float8 as hours,
           count(correct)::int as questions,
           count(*) filter (where correct)::float8 / nullif(count(correct), 0) as accuracy
      from used
     group by subject_id
), share as (
    select subject_id, domain, count(*)::float8 / sum(count(*)) over (partition by subject_id)::float8 as p
      from used
     where ts >= $7
     group by subject_id, domain
), affinity as (
    select s.subject_id, abs(sum(s.p * ln(s.p) / ln(2.0::float8) order by s.p)) as entropy, max(s.p) as top_share,
           (array_agg(s.domain order by s.p desc, c.name))[1] as top_domain
      from share s
      left join insights.curriculum c on c.item_id = s.domain
     group by s.subject_id
), before as (
    select subject_id, domain, count(*)::float8 / sum(count(*)) over (partition by subject_id)::float8 as p
      from used
     where ts >= $9 and ts < $8
     group by subject_id, domain
), adopted as (
    select subject_id, domain, count(*)::float8 / sum(count(*)) over (partition by subject_id)::float8 as p
      from insights.capability_usage
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3 and first_use >= $8
     group by subject_id, domain
), transferred as (
    select b.subject_id, 1 - coalesce(sum(b.p * a.p order by b.domain), 0) as transfer
      from before b
      left join adopted a using (subject_id, domain)
     where b.subject_id in (select subject_id from adopted)
     group by b.subject_id
), reused as (
    select subject_id, count(*) filter (where first_use >= $6)::float8 as adopted,
           sum(least(uses - 1, $14) * exp(-extract(epoch from $4 - last_use)::float8 / 86400 * ln(2.0::float8) / $13)
               order by capability)
               / ($14 * count(*)) as reuse
      from insights.capability_usage
     where subject_id + 0 = any($1::bigint[]) and subject_id between $2 and $3
     group by subject_id
), day as (
    select u.subject_id, u.local_date, l.today,
           max(u.local_date) over (partition by u.subject_id) as newest,
           row_number() over (partition by u.subject_id order by u.local_date desc) as place
      from (select distinct subject_id, local_date from used) u
      join learner l using (subject_id)
     where u.local_date <= l.today
), streak as (
    select subject_id, count(*)::int as days
      from day
     where newest >= today - 1 and local_date + place::int = newest + 1
     group by subject_id
)
select p.subject_id, p.last_use, p.usage_28d, p.usage_90d, p.hours, p.questions, p.accuracy,
       coalesce(s.days, 0) as streak,
       case when p.usage_28d > 0 then r.adopted / p.usage_28d else 0 end as adoption_rate,
       coalesce(a.entropy, 0) as entropy_bits,
       case when a.entropy is null then 0 when $10 <= 1 then 1
            else 1 - a.entropy / (ln($10::float8) / ln(2.0::float8)) end as concentration,
       a.top_domain, coalesce(a.top_share, 0) as top_share,
       coalesce(a.entropy < $11 - 1e-9 and a.top_share > $12 + 1e-9, false) as is_specialist,
       coalesce(t.transfer, 0) as transfer, r.reuse
  from performance p
  join reused r using (subject_id)
  left join affinity a using (subject_id)
  left join transferred t using (subject_id)
  left join streak s using (subject_id)
 order by p.subject_id
