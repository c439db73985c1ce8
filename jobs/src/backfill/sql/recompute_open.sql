-- How many of the buckets that were dirtied are not computed yet: those of the range that have been open since before.
select count(*) from insights.dirty_buckets
 where scope in ('spectrum_week', 'spectrum_month') and key between $1 and $2
   and bucket between date_trunc('month', $3::date)::date - 7 and $4
   and dirty_seq > computed_seq and dirty_since <= $5
