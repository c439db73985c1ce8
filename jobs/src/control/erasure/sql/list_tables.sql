select name, has_sessions from insights.tables_of_people where name <> 'erasure_requests' order by place
