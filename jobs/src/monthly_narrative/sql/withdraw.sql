update insights.insights
   set status = 'withdrawn'
 where subject_id = $1 and status = 'published'
   and month >= coalesce($2::date, '-infinity') and month <= coalesce($3::date, 'infinity')
returning month, version
