select * from insights.drop_months($1, $2)
