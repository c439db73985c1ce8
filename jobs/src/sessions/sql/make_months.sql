select insights.make_month(month) from unnest($1::date[]) as t (month) order by month
