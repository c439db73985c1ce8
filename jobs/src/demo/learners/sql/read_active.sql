select body from insights.coefficients where name = $1 and active
