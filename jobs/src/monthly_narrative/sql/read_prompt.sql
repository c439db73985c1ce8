select revision, template from insights.prompt_revisions where name = $1 and status = 'active'
