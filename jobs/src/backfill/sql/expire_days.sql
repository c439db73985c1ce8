-- Days of a range of people that are older than so many months; answers where the next range begins.
with gone as (
    delete from insights.spectrum_daily
     where subject_id between $1 and $1 + 9999 and local_date < (now() - make_interval(months => $2))::date
    returning 1)
select (select min(subject_id) from insights.spectrum_daily where subject_id > $1 + 9999), (select count(*) from gone)
