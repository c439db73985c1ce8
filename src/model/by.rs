//! Who does something as an operator, and what for.

/// Who does something, in what role, and what for. All of it is kept in the audit.
///
/// ```
/// use windlass::model::By;
/// let by = By::new("ana", "the provider is back");
/// assert_eq!(by.signed(), Ok(("ana", "the provider is back")));
/// assert_eq!(By::new("ana", " ").signed(), Err("a reason"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    who: String,
    why: String,
    role: &'static str,
    request: Option<String>,
}

/// The role of whoever holds the database's own password: the command line's.
const DATABASE: &str = "database";
/// The longest name of a person.
const LONGEST_NAME: usize = 64;
/// The longest reason.
const LONGEST_REASON: usize = 1_000;

impl By {
    /// `who`, because of `why`, at the database itself.
    #[must_use]
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into(), role: DATABASE, request: None }
    }

    /// The same, let in by a token of this role for this request.
    #[must_use]
    pub fn through(self, role: &'static str, request: impl Into<String>) -> Self {
        Self { role, request: Some(request.into()).filter(|request| !request.is_empty()), ..self }
    }

    /// The name and the reason; or what is missing.
    ///
    /// # Errors
    ///
    /// What is missing: a name, or a reason, each of a length that can be kept.
    pub fn signed(&self) -> Result<(&str, &str), &'static str> {
        let (who, why) = (self.who.trim(), self.why.trim());
        for (text, longest, what) in [
            (who, LONGEST_NAME, "a name of at most 64 characters"),
            (why, LONGEST_REASON, "a reason of at most 1,000 characters"),
        ] {
            if text.chars().count() > longest || text.contains('\0') {
                return Err(what);
            }
        }
        match (who.is_empty(), why.is_empty()) {
            (true, _) => Err("a name"),
            (_, true) => Err("a reason"),
            _ => Ok((who, why)),
        }
    }

    /// In what role.
    #[must_use]
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// By which request, if it came over HTTP.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }
}
