//! A ridge logistic regression, fitted by Newton's method (IRLS): the baseline that gate 3 judges data with.

use super::Features;

/// The weight of the ridge.
const LAMBDA: f64 = 1.0;
/// The most Newton steps.
const STEPS: usize = 50;
/// A step that moves no coefficient further is the last.
const STILL: f64 = 1e-10;
/// The intercept and five numbers.
const N: usize = 6;

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Logistic {
    mean: [f64; 5],
    sd: [f64; 5],
    beta: [f64; N],
}

impl Logistic {
    /// Fits to rows, standardised with their mean and population standard deviation (a deviation of 0 becomes 1). The ridge
    /// weighs on all coefficients but the intercept.
    #[must_use]
    #[expect(clippy::needless_range_loop, reason = "the indices of a matrix")]
    pub fn fit(rows: &[Features]) -> Self {
        let (mean, sd) = moments(rows);
        let mut model = Self { mean, sd, beta: [0.0; N] };
        for _ in 0..STEPS {
            let (mut gradient, mut hessian) = ([0.0; N], [[0.0; N]; N]);
            for row in rows {
                let x = model.standardised(row);
                let p = 1.0 / (1.0 + (-dot(&model.beta, &x)).exp());
                let residual = f64::from(u8::from(row.claimable)) - p;
                let weight = p * (1.0 - p);
                for i in 0..N {
                    gradient[i] += residual * x[i];
                    for j in 0..=i {
                        hessian[i][j] += weight * x[i] * x[j];
                    }
                }
            }
            for i in 0..N {
                for j in 0..i {
                    hessian[j][i] = hessian[i][j];
                }
            }
            for i in 1..N {
                gradient[i] -= LAMBDA * model.beta[i];
                hessian[i][i] += LAMBDA;
            }
            // Where all rows have one label the intercept runs away and its curvature vanishes: it is far enough.
            let Some(step) = solve(hessian, gradient) else { break };
            for (beta, step) in model.beta.iter_mut().zip(step) {
                *beta += step;
            }
            if step.iter().all(|step| step.abs() < STILL) {
                break;
            }
        }
        model
    }

    /// Whether a row is taken for claimable: its linear score is not negative.
    #[must_use]
    pub fn claimable(&self, row: &Features) -> bool {
        dot(&self.beta, &self.standardised(row)) >= 0.0
    }

    fn standardised(&self, row: &Features) -> [f64; N] {
        let mut x = [1.0; N];
        for (i, x) in x.iter_mut().skip(1).enumerate() {
            *x = (row.values[i] - self.mean[i]) / self.sd[i];
        }
        x
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn moments(rows: &[Features]) -> ([f64; 5], [f64; 5]) {
    let n = rows.len().max(1) as f64;
    let (mut mean, mut sd) = ([0.0; 5], [1.0; 5]);
    for i in 0..5 {
        mean[i] = rows.iter().map(|row| row.values[i]).sum::<f64>() / n;
        let variance = rows.iter().map(|row| (row.values[i] - mean[i]).powi(2)).sum::<f64>() / n;
        if variance > 0.0 {
            sd[i] = variance.sqrt();
        }
    }
    (mean, sd)
}

fn dot(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves by elimination with pivots; nothing where a pivot vanishes.
#[expect(clippy::needless_range_loop, reason = "the indices of a matrix")]
fn solve(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N).max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))?;
        if a[pivot][column].abs() < f64::MIN_POSITIVE {
            return None;
        }
        a.swap(column, pivot);
        b.swap(column, pivot);
        for row in column + 1..N {
            let factor = a[row][column] / a[column][column];
            for place in column..N {
                a[row][place] -= factor * a[column][place];
            }
            b[row] -= factor * b[column];
        }
    }
    let mut x = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|place| a[row][place] * x[place]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x.iter().all(|x| x.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_between_two_groups_is_found() {
        let rows: Vec<Features> = (0..100)
            .map(|n| Features { values: [f64::from(n), 1.0, 0.0, 0.0, f64::from(n % 7)], claimable: n >= 50 })
            .collect();
        let model = Logistic::fit(&rows);
        let right = rows.iter().filter(|row| model.claimable(row) == row.claimable).count();
        assert!(right >= 98, "{right}");
    }

    #[test]
    fn one_label_only_is_no_harm() {
        let row = Features { values: [1.0; 5], claimable: true };
        assert!(Logistic::fit(&[row; 20]).claimable(&row));
        assert!(Logistic::fit(&[]).claimable(&row));
    }
}
