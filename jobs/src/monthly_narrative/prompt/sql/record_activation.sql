insert into insights.prompt_activations (name, revision, activated_by, why) values ($1, $2, $3, $4)
