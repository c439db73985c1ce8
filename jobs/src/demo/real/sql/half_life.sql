select days, method from insights.half_lives where as_of = $1
