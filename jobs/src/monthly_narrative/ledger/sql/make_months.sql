select insights.make_ledger_months($1, $2)
