select insights.erase_rows($1, $2, $3, $4)
