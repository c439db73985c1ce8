-- Open alerts by how urgent they are. One of a key is open at a time, so there are as many as things to look at.
select severity, count(*) from insights.alerts where closed_at is null group by severity
