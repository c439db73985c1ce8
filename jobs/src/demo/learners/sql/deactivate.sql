update insights.coefficients set active = false where name = $1 and active returning version, body
