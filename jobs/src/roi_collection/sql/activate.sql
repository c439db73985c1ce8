-- One update switches: there is no moment with two active versions, or none.
update insights.calibrations set active = (version = $1) where active or version = $1
