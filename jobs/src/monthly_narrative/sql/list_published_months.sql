select month from insights.insights where subject_id = $1 and status = 'published' and month <= $2 order by month
