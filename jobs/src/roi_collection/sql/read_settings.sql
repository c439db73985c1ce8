select body from insights.coefficients where name = 'roi' and active
