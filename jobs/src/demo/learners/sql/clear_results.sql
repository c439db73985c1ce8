-- Everything of learners and of what is taken over all of them. Only where there are none but a demo's.
truncate insights.curriculum, insights.cohorts, insights.workflows, insights.learners, insights.cohort_members,
         insights.interactions, insights.capability_usage, insights.learner_week, insights.learner_measures,
         insights.half_life_parts, insights.half_lives, insights.learner_ranks, insights.learner_metrics,
         insights.learner_metrics_history, insights.aggregation_steps, insights.aggregation_shards, insights.benchmarks,
         insights.cohort_positions, insights.cohort_workflows, insights.cohort_gaps, insights.learner_summaries,
         insights.learner_records, insights.heatmaps, insights.mastery_predictions, insights.pass_predictions,
         insights.recommendations, insights.roi_windows, insights.roi_learner, insights.roi_cohort, insights.calibrations,
         insights.calibration_runs, insights.experiments, insights.ab_readouts
