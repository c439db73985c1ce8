-- All that a person said in a month, whatever became of the sessions. Only the role that looks for leaks asks this.
select body from insights.turns where subject_id = $1 and month = $2 and role = 'user'
