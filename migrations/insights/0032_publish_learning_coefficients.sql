-- The first version. jobs/src/learning/coefficients.rs says what each is; a test holds the two together.
insert into insights.coefficients (name, version, active, note, body) values ('learning', 1, true, 'as specified', '{
    "total_domains": null,
    "velocity": {"alpha": 0.3, "half_life_weeks": 8, "forecast_points": 8, "forecast_needs": 3, "momentum_points": 4,
        "momentum_limit": 0.5, "holdout_needs": 5},
    "windows": {"usage_days": 28, "affinity_days": 90, "adopted_days": 30, "before_days": 60},
    "specialist": {"entropy_below": 1.2, "share_above": 0.6},
    "retention": {"reuse_half_life_days": 30, "reuse_cap": 10, "stopped_after_days": 21, "needs_users": 5,
        "unknown_half_life_days": 45, "days": [30, 60, 90]},
    "archetype": {"margin": 0.05, "steepness": 10, "provisional_below": 10},
    "suppress_below": 5,
    "workflows": 5,
    "gaps": 10,
    "target_accuracy": 0.8
}');
