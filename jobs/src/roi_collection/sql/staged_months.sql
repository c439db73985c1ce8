select distinct date_trunc('month', ts at time zone 'UTC')::date from pg_temp.roi_staged
