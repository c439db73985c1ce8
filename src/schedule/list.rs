//! A program's schedules, and the program that declares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ScheduleError, Scheduled, Template};
use crate::model::{Declaration, ScheduleSettings};

/// All schedules of a program. Nothing in it is known to be right before the registry's check says so.
#[derive(Clone, Debug)]
pub struct Schedules {
    program: String,
    version: String,
    list: BTreeMap<String, Arc<Scheduled>>,
    wrong: Vec<(String, Arc<ScheduleError>)>,
}

impl Default for Schedules {
    fn default() -> Self {
        Self {
            program: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            list: BTreeMap::new(),
            wrong: Vec::new(),
        }
    }
}

impl Schedules {
    pub(crate) fn declared_by(&mut self, program: String, version: String) {
        self.program = program;
        self.version = version;
    }

    pub(crate) fn add(&mut self, name: String, settings: ScheduleSettings, template: Result<Template, ScheduleError>) {
        let scheduled = template.and_then(|template| Scheduled::new(name.clone(), settings, template));
        match scheduled {
            Ok(_) if self.list.contains_key(&name) => self.wrong.push((name, Arc::new(ScheduleError::Twice))),
            Ok(scheduled) => drop(self.list.insert(name, Arc::new(scheduled))),
            Err(error) => self.wrong.push((name, Arc::new(error))),
        }
    }

    /// The name and the fault of the first that is wrong.
    pub(crate) fn check(
        &self,
        known: impl Fn(&str) -> Result<(), ScheduleError>,
    ) -> Option<(&str, Arc<ScheduleError>)> {
        let wrong = self.wrong.first().map(|(name, error)| (name.as_str(), Arc::clone(error)));
        wrong.or_else(|| {
            let unknown = |one: &Scheduled| known(&one.declaration.kind).err().map(Arc::new);
            self.list.iter().find_map(|(name, one)| Some((name.as_str(), unknown(one)?)))
        })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Scheduled>> {
        self.list.values()
    }

    /// The one of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Scheduled>> {
        self.list.get(name)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is declared of all of them.
    #[must_use]
    pub fn declarations(&self) -> Vec<Declaration> {
        self.iter().map(|one| one.declaration.clone()).collect()
    }

    /// The program that declares them: of its versions the newest does.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Its version, as the program says it.
    #[must_use]
    pub fn program_version(&self) -> &str {
        &self.version
    }

    /// Its version as numbers that can be compared. What follows a `-` or a `+` does not count.
    ///
    /// # Errors
    ///
    /// The version itself, where it is not numbers with dots between them.
    pub fn version(&self) -> Result<Vec<i64>, &str> {
        let core = self.version.split(['-', '+']).next().unwrap_or_default();
        let numbers: Result<Vec<u32>, _> = core.split('.').map(str::parse).collect();
        let mut numbers: Vec<i64> = numbers.map_err(|_| self.version.as_str())?.into_iter().map(i64::from).collect();
        // 1.2 and 1.2.0 are the same version.
        while numbers.len() > 1 && numbers.last() == Some(&0) {
            numbers.pop();
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |version: &str| {
            let mut schedules = Schedules::default();
            schedules.declared_by("program".to_owned(), version.to_owned());
            schedules.version().map_err(str::to_owned)
        };
        assert!(version("1.9.3") < version("1.10"));
        assert!(version("1.2") < version("1.2.1"));
        assert_eq!(version("1.2.0-rc.1+5"), version("1.2"));
        assert_eq!(version("0.0.0"), Ok(vec![0]));
        for wrong in ["", "v1", "1..2", "1.-2", "99999999999"] {
            assert_eq!(version(wrong), Err(wrong.to_owned()));
        }
    }
}
