update insights.prompt_revisions set status = $3 where name = $1 and revision = $2
