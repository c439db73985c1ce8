select mapping_errors from insights.learner_summaries where as_of = $1
