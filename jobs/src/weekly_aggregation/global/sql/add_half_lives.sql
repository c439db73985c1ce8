-- Kaplan & Meier (1958): S(t) is the product of 1 - d/n over the days up to t on which somebody stopped; the half-life is
-- the first t with S(t) at 0.5 or below. Where S stays above: ln 2 * all days / those who stopped. Fewer than $2 users, or
-- nobody who stopped: none. Reads what the shards left, not the uses.
insert into insights.half_lives (as_of, capability, n, days, method)
with part as (
    select capability, days, sum(stopped) as stopped, sum(stopped + going_on) as users
      from insights.half_life_parts
     where as_of = $1
     group by capability, days
), risk as (
    select capability, days, stopped,
           sum(users) over (partition by capability order by days desc) as at_risk
      from part
), survival as (
    select capability, days,
           bool_or(stopped = at_risk) over upto as nobody_left,
           sum(case when stopped < at_risk then ln(1 - stopped::float8 / at_risk::float8) else 0 end) over upto as log_s
      from risk
     where stopped > 0
    window upto as (partition by capability order by days)
), median as (
    select capability, min(days) as days
      from survival
     where nobody_left or exp(log_s) <= 0.5 + 1e-9
     group by capability
), whole as (
    select capability, sum(users) as n, sum(stopped) as stopped, sum(days * users) as total
      from part
     group by capability
)
select $1, w.capability, w.n,
       case when w.n < $2 or w.stopped = 0 then null
            else coalesce(m.days, ln(2.0::float8) * w.total::float8 / w.stopped::float8) end,
       case when w.n < $2 or w.stopped = 0 then 'none' when m.days is not null then 'km' else 'exp' end
  from whole w
  left join median m using (capability)
