update insights.coefficients set active = true where name = $1 and version = $2
