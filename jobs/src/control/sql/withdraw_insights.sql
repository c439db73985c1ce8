select insights.withdraw_insights($1, $2, $3)
