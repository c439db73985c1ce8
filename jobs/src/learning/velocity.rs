//! Learning velocity: capabilities used for the first time, for each interaction, week by week (S1, task 1; domain
//! specification 4.3.1).

use std::f64::consts::LN_2;

use super::coefficients::Velocity as Coefficients;
use super::line::Line;

/// A week in which a learner did something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Week {
    /// Weeks since a fixed Monday.
    pub number: i32,
    /// What was done; at least one.
    pub interactions: i32,
    /// Capabilities used for the first time.
    pub new_capabilities: i32,
}

/// A learner's velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct Velocity {
    /// The moving average after each week, as of that week.
    pub emas: Vec<f64>,
    /// The last week's plain ratio.
    pub raw: f64,
    /// The average, aged to the week of `now`.
    pub ema: f64,
    /// Forecast for the week after the last.
    pub next: f64,
    /// Slope of the last points in relation to their mean.
    pub momentum: f64,
    /// The last point, held out of its own forecast, where there are weeks enough.
    pub holdout: Option<Holdout>,
}

/// How a forecast of the last point does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holdout {
    /// The point.
    pub actual: f64,
    /// What the line through the points before says.
    pub forecast: f64,
    /// The point before: "next = last".
    pub naive: f64,
}

/// From a learner's weeks, in their order; `None` without one. `now` is the number of the week at which it is asked.
#[must_use]
pub fn of(weeks: &[Week], now: i32, by: &Coefficients) -> Option<Velocity> {
    let last = weeks.last()?;
    let decay = |weeks: i32| (-LN_2 / by.half_life_weeks * f64::from(weeks)).exp();
    let ratio = |week: &Week| f64::from(week.new_capabilities) / f64::from(week.interactions);

    let mut points: Vec<(f64, f64)> = Vec::with_capacity(weeks.len());
    let mut before: Option<(i32, f64)> = None;
    for week in weeks {
        let ema = before.map_or(ratio(week), |(number, ema)| {
            by.alpha * ratio(week) + (1.0 - by.alpha) * decay(week.number - number) * ema
        });
        before = Some((week.number, ema));
        points.push((f64::from(week.number), ema));
    }
    let (_, ema) = before?;
    let holdout = (points.len() >= by.holdout_needs.max(2)).then(|| {
        let (held, rest) = (points[points.len() - 1], &points[..points.len() - 1]);
        Holdout { actual: held.1, forecast: forecast(rest, held.0, by), naive: rest[rest.len() - 1].1 }
    });
    Some(Velocity {
        raw: ratio(last),
        ema: ema * decay(now - last.number),
        next: forecast(&points, f64::from(last.number) + 1.0, by),
        momentum: momentum(&points, by),
        holdout,
        emas: points.into_iter().map(|(_, ema)| ema).collect(),
    })
}

/// The height at week `at` of the line through the last points, not below 0; the last point itself, where they are few.
fn forecast(points: &[(f64, f64)], at: f64, by: &Coefficients) -> f64 {
    let used = tail(points, by.forecast_points);
    let last = used.last().map_or(0.0, |point| point.1);
    if used.len() < by.forecast_needs {
        return last;
    }
    Line::through(used.iter().copied()).map_or(last, |line| line.at(at).max(0.0))
}

fn momentum(points: &[(f64, f64)], by: &Coefficients) -> f64 {
    let used = tail(points, by.momentum_points);
    match Line::through(used.iter().copied()) {
        Some(line) if used.len() >= 2 && line.mean_y > 0.0 => {
            (line.slope / line.mean_y).clamp(-by.momentum_limit, by.momentum_limit)
        }
        _ => 0.0,
    }
}

fn tail<T>(all: &[T], most: usize) -> &[T] {
    &all[all.len().saturating_sub(most)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning;

    fn weeks(all: &[(i32, i32, i32)]) -> Vec<Week> {
        all.iter()
            .map(|&(number, interactions, new_capabilities)| Week { number, interactions, new_capabilities })
            .collect()
    }

    fn velocity(all: &[(i32, i32, i32)], now: i32) -> Velocity {
        of(&weeks(all), now, &learning::Coefficients::default().velocity).unwrap()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn no_week_is_no_velocity() {
        assert_eq!(of(&[], 0, &learning::Coefficients::default().velocity), None);
    }

    #[test]
    fn one_week_is_its_ratio_and_stands_still() {
        let velocity = velocity(&[(10, 4, 2)], 10);
        assert!(near(velocity.ema, 0.5) && near(velocity.next, 0.5) && near(velocity.momentum, 0.0));
        assert_eq!(velocity.holdout, None);
    }

    #[test]
    fn a_gap_of_a_half_life_halves_what_was_before() {
        // 0.3 * 1.0 + 0.7 * 0.5 * 0.5, then aged by another half-life.
        let velocity = velocity(&[(0, 2, 1), (8, 1, 1)], 16);
        assert!(near(velocity.emas[1], 0.475) && near(velocity.ema, 0.2375));
    }

    #[test]
    fn a_forecast_is_never_negative_and_momentum_is_cut() {
        let falling = velocity(&[(0, 1, 1), (1, 9, 0), (2, 9, 0), (3, 9, 0), (4, 9, 0)], 4);
        assert!(near(falling.next, 0.0), "{falling:?}");
        // The points fall by one ratio: the line through four of them has a closed form.
        let r = 0.7 * 0.5_f64.powf(1.0 / 8.0);
        let (r2, r3) = (r * r, r * r * r);
        assert!(near(falling.momentum, (-3.0 - r + r2 + 3.0 * r3) / 10.0 / ((1.0 + r + r2 + r3) / 4.0)));
        assert!(near(velocity(&[(0, 9, 0), (1, 1, 1)], 1).momentum, 0.5));
        let holdout = falling.holdout.unwrap();
        assert!(near(holdout.actual, falling.emas[4]) && near(holdout.naive, falling.emas[3]));
    }

    #[test]
    fn weeks_without_anything_new_have_no_momentum() {
        assert!(near(velocity(&[(0, 3, 0), (1, 3, 0)], 1).momentum, 0.0));
    }
}
