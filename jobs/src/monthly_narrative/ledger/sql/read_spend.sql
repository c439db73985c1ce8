select spent_micros from insights.spend where scope = $1 and period = $2
