//! The constants of ROI. They live in a versioned row: `insights.coefficients` of the name `roi`.

use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::calibration::Terms;
use crate::calendar::Zone;

/// Everything that a deployment may tune.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The IANA zone in which a day of the books begins.
    pub book_zone: String,
    /// The learners at which what was observed weighs as much as what was believed.
    pub kappa: f64,
    /// By which share of itself a multiplier may change, at most.
    pub cap: f64,
    /// With fewer learners an archetype's multiplier stays.
    pub min_n: i64,
    /// Whether a small and better calibration takes effect without a person.
    pub activate_automatically: bool,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// There are none.
    #[error("no version of the coefficients \"roi\" is active: activate one in insights.coefficients")]
    Missing,
    /// They have a field too many, too few, or of the wrong type.
    #[error("the active coefficients \"roi\" do not decode: {0}")]
    Undecodable(serde_json::Error),
    /// The zone is none.
    #[error("the active coefficients \"roi\": book_zone is not the name of a time zone")]
    Zone,
    /// A number is out of its range.
    #[error("the active coefficients \"roi\": {0} is out of its range (kappa > 0, 0 < cap < 1, min_n > 0)")]
    Number(&'static str),
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Settings {
    /// Reads the active version.
    ///
    /// # Errors
    ///
    /// [`SettingsError`].
    pub async fn read(db: &mut PgConnection) -> Result<Self, SettingsError> {
        let body: Option<Json<serde_json::Value>> =
            sqlx::query_scalar(include_str!("sql/read_settings.sql")).fetch_optional(db).await?;
        let Json(body) = body.ok_or(SettingsError::Missing)?;
        let settings: Self = serde_json::from_value(body).map_err(SettingsError::Undecodable)?;
        settings.check()
    }

    fn check(self) -> Result<Self, SettingsError> {
        for (name, right) in [
            ("kappa", self.kappa > 0.0 && self.kappa.is_finite()),
            ("cap", self.cap > 0.0 && self.cap < 1.0),
            ("min_n", self.min_n > 0),
        ] {
            if !right {
                return Err(SettingsError::Number(name));
            }
        }
        if Zone::parse(&self.book_zone).valid { Ok(self) } else { Err(SettingsError::Zone) }
    }

    /// The zone in which a day of the books begins.
    #[must_use]
    pub fn books(&self) -> Zone {
        Zone::parse(&self.book_zone)
    }

    /// How careful a calibration is.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { kappa: self.kappa, cap: self.cap, min_n: self.min_n }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_their_range_are_refused() {
        let right = Settings {
            book_zone: "Asia/Kolkata".to_owned(),
            kappa: 50.0,
            cap: 0.1,
            min_n: 30,
            activate_automatically: true,
        };
        assert_eq!(right.clone().check().unwrap(), right);
        for wrong in [
            Settings { kappa: 0.0, ..right.clone() },
            Settings { cap: 1.0, ..right.clone() },
            Settings { cap: f64::NAN, ..right.clone() },
            Settings { min_n: 0, ..right.clone() },
            Settings { book_zone: "Mars/Olympus".to_owned(), ..right },
        ] {
            assert!(wrong.clone().check().is_err(), "{wrong:?}");
        }
    }
}
