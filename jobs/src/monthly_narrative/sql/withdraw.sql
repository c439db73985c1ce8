update insights.insights
   set status = 'withdrawn'
 where subject_id = $1 and status = 'published'
   and month >= coalesce($2, '-infinity') and month <= coalesce($3, 'infinity')
returning month, version
