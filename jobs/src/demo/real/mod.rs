//! Data of real people and firms that the inputs may hold: rated reviews, purchases, claims of an insurer. What comes out is one
//! file of figures, to be held against an independent count.

mod claims;
mod halves;
mod purchases;
mod reviews;

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde::Serialize;
use sqlx::PgPool;
use windlass::cli::CliError;

use super::Inputs;
use super::stages::Outcome;
use claims::InsurerFigures;
use purchases::PurchaseFigures;
use reviews::ReviewFigures;

/// A folder's real data, but for the reviews: those are conversations.
#[derive(Clone, Debug)]
pub(super) struct Real(PathBuf);

/// What came out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figures {
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<ReviewFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cdnow: Option<PurchaseFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prism: Option<InsurerFigures>,
}

impl Real {
    /// A folder's, if it has any.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let found = [purchases::FILE, claims::FILE].iter().any(|file| folder.join(file).exists());
        found.then(|| Self(folder.to_owned()))
    }

    /// Brings it in and takes its figures.
    pub(super) async fn run(&self, db: &PgPool, bar: &ProgressBar) -> Result<Figures, CliError> {
        let Self(folder) = self;
        let mut figures = Figures::default();
        if folder.join(purchases::FILE).exists() {
            bar.set_message("purchases");
            figures.cdnow = Some(purchases::run(folder, db, bar).await?);
        }
        if folder.join(claims::FILE).exists() {
            bar.set_message("claims");
            figures.prism = Some(claims::run(folder, db, bar).await?);
        }
        Ok(figures)
    }
}

impl Figures {
    /// With those of the reviews, if the inputs are rated.
    pub(super) fn with_reviews(mut self, inputs: &Inputs, outcome: &Outcome) -> Self {
        self.reviews = inputs.rated.then(|| ReviewFigures::of(inputs, &outcome.results));
        self
    }

    /// One line of it.
    pub(super) fn said(&self) -> Option<String> {
        let purchases = self.cdnow.as_ref().map(PurchaseFigures::said);
        let claims = self.prism.as_ref().map(InsurerFigures::said);
        let said: Vec<String> = purchases.into_iter().chain(claims).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}
