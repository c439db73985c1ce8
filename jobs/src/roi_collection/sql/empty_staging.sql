truncate pg_temp.roi_staged
