insert into insights.cohorts (name)
select distinct cells ->> 1 from insights.backfill_staging
 where run_id = $1 and reasons = 0 and not skipped and cells ->> 1 is not null
 order by 1
    on conflict on constraint a_cohort_is_named_once do nothing
