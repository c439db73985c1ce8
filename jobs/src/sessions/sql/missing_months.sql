-- Those of these months that lack a partition, as far as is committed.
select month
  from unnest($1::date[]) as t (month)
 where to_regclass('insights.turns' || to_char(month, '_YYYY_MM')) is null
    or to_regclass('insights.turn_impacts' || to_char(month, '_YYYY_MM')) is null
 order by month
