-- Those of these months for which a table that is cut by month lacks its partition, as far as is committed.
select month from insights.missing_months($1::date[]) as t (month) order by month
