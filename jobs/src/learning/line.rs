//! The least-squares line.

/// A straight line through points, and what its errors need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Rise for each step of x.
    pub slope: f64,
    /// The mean of x.
    pub mean_x: f64,
    /// The mean of y; the line goes through both means.
    pub mean_y: f64,
    /// The sum of squared distances of x from its mean.
    pub sxx: f64,
}

impl Line {
    /// Through `points`; flat where all x are one. `None` without a point.
    #[must_use]
    pub fn through(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let (n, x, y) = points.clone().fold((0.0, 0.0, 0.0), |(n, x, y), point| (n + 1.0, x + point.0, y + point.1));
        if n == 0.0 {
            return None;
        }
        let (mean_x, mean_y) = (x / n, y / n);
        let (sxx, sxy) = points.fold((0.0, 0.0), |(sxx, sxy), (x, y)| {
            (sxx + (x - mean_x) * (x - mean_x), sxy + (x - mean_x) * (y - mean_y))
        });
        Some(Self { slope: if sxx > 0.0 { sxy / sxx } else { 0.0 }, mean_x, mean_y, sxx })
    }

    /// The line's height at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.mean_y + self.slope * (x - self.mean_x)
    }

    /// The line's height at 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.mean_y - self.slope * self.mean_x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line() {
        let line = Line::through([(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)].into_iter()).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.intercept() - 3.0).abs() < 1e-12);
        assert!((line.at(10.0) - 23.0).abs() < 1e-12);
    }

    #[test]
    fn one_place_gives_a_flat_line_and_no_point_none() {
        let line = Line::through([(3.0, 1.0), (3.0, 2.0)].into_iter()).unwrap();
        assert!((line.at(100.0) - 1.5).abs() < 1e-12);
        assert_eq!(Line::through(std::iter::empty()), None);
    }
}
