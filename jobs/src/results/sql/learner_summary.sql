select n_learners, holdout_accuracy, holdout_accuracy_naive, churn_auc, confident_share, archetypes, retention
  from insights.learner_summaries
 where as_of = $1
