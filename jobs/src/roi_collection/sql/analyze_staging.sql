analyze pg_temp.roi_staged
