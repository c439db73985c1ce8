select source, lookback_days
  from insights.roi_sources
 where enabled and format <> 'recorded' and ($1 or side <> 'finance')
 order by source
