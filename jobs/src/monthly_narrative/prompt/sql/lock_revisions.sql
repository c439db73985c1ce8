select revision, status = 'active' as active from insights.prompt_revisions where name = $1 order by revision for update
