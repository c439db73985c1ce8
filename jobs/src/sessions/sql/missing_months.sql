select month from insights.missing_months($1::date[]) as t (month) order by month
