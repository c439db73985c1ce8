update insights.insights
   set status = 'withdrawn'
 where subject_id = $1 and month = $2 and status = 'published'
returning version
