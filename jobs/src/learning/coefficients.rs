//! The constants of the learners' formulas. They live in a versioned row, `insights.coefficients` of the name `learning`;
//! what [`Coefficients::default`] gives is the first version.

use serde::{Deserialize, Serialize};

/// Everything that a deployment may tune.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficients {
    /// Over how many domains concentration is measured; `None`: as many as the curriculum has.
    pub total_domains: Option<i32>,
    /// Of the learning velocity.
    pub velocity: Velocity,
    /// The windows that are looked at, in days before `as_of`.
    pub windows: Windows,
    /// Who is a specialist.
    pub specialist: Specialist,
    /// Of reuse and half-lives.
    pub retention: Retention,
    /// Of the archetypes.
    pub archetype: Archetypes,
    /// A group of fewer learners is counted and nothing else, so that nobody can be read out of it.
    pub suppress_below: i64,
    /// How many workflows a cohort is advised.
    pub workflows: i64,
    /// How many gaps of a cohort are listed.
    pub gaps: i64,
    /// The accuracy below which a capability is a gap.
    pub target_accuracy: f64,
}

/// Of the learning velocity (S1, task 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Velocity {
    /// The weight of the newest week.
    pub alpha: f64,
    /// After how many weeks an observation weighs half.
    pub half_life_weeks: f64,
    /// Through how many of the last points the forecast's line is drawn, at most.
    pub forecast_points: usize,
    /// With fewer points the forecast is the last one.
    pub forecast_needs: usize,
    /// Through how many of the last points momentum is drawn.
    pub momentum_points: usize,
    /// Momentum is cut to this, up and down.
    pub momentum_limit: f64,
    /// From how many weeks on the last one is held out to judge the forecast.
    pub holdout_needs: usize,
}

/// Windows, in days of 24 hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// Of recent use.
    pub usage_days: i64,
    /// Of domain affinity.
    pub affinity_days: i64,
    /// Of newly adopted capabilities.
    pub adopted_days: i64,
    /// What came before them begins here.
    pub before_days: i64,
}

/// Who is a specialist (S1, task 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specialist {
    /// The entropy of the domains is below this, in bits.
    pub entropy_below: f64,
    /// The share of the top domain is above this.
    pub share_above: f64,
}

/// Of reuse and half-lives (S1, task 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// After how many days a last use weighs half.
    pub reuse_half_life_days: f64,
    /// The most reuses of a capability that count.
    pub reuse_cap: i32,
    /// A capability is given up when it was not used for so many days.
    pub stopped_after_days: i64,
    /// A half-life is computed from so many users on.
    pub needs_users: i64,
    /// Stands in for a half-life that is not known.
    pub unknown_half_life_days: f64,
    /// Rolling retention is taken so many days after enrolment.
    pub days: Vec<i32>,
}

/// Of the archetypes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archetypes {
    /// A learner keeps an archetype unless another beats it by this.
    pub margin: f64,
    /// How steeply confidence rises with the lead.
    pub steepness: f64,
    /// With fewer uses in the affinity window the archetype is provisional.
    pub provisional_below: i32,
}

impl Default for Coefficients {
    fn default() -> Self {
        Self {
            total_domains: None,
            velocity: Velocity {
                alpha: 0.3,
                half_life_weeks: 8.0,
                forecast_points: 8,
                forecast_needs: 3,
                momentum_points: 4,
                momentum_limit: 0.5,
                holdout_needs: 5,
            },
            windows: Windows { usage_days: 28, affinity_days: 90, adopted_days: 30, before_days: 60 },
            specialist: Specialist { entropy_below: 1.2, share_above: 0.6 },
            retention: Retention {
                reuse_half_life_days: 30.0,
                reuse_cap: 10,
                stopped_after_days: 21,
                needs_users: 5,
                unknown_half_life_days: 45.0,
                days: vec![30, 60, 90],
            },
            archetype: Archetypes { margin: 0.05, steepness: 10.0, provisional_below: 10 },
            suppress_below: 5,
            workflows: 5,
            gaps: 10,
            target_accuracy: 0.8,
        }
    }
}
