-- The months and the names that the rows need. Two runs never prepare at once: a target has one run at a time.
with months as (
    select distinct date_trunc('month', ((cells ->> 2)::timestamptz at time zone 'UTC'))::date as month
      from insights.backfill_staging
     where run_id = $1 and reasons = 0 and not skipped),
made as (
    select count(insights.make_month(month)) from insights.missing_months(array(select month from months)) as t (month))
insert into insights.curriculum (kind, name)
select distinct n.kind, n.name
  from insights.backfill_staging s
 cross join lateral (values ('domain', s.cells ->> 3), ('capability', s.cells ->> 4), ('topic', s.cells ->> 5),
                            ('objective', s.cells ->> 6)) n (kind, name)
 where s.run_id = $1 and s.reasons = 0 and not s.skipped and n.name is not null and (select count(*) from made) > 0
 order by 1, 2
    on conflict on constraint an_item_is_named_once_in_its_kind do nothing
