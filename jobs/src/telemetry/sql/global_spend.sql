-- What everybody's calendar month has cost so far, with what is reserved.
select spent_micros from insights.spend
 where scope = $1 and period = date_trunc('month', statement_timestamp() at time zone 'utc')::date
