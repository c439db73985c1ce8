-- Nobody calls it: a withdrawal is announced too, by one statement of the monthly narrative's.
drop function insights.withdraw_insights(bigint, date, date);
