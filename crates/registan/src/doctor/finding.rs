//! The line that is printed of one thing, and the count of problems.

use std::fmt;
use std::io::Write;

/// The verdict on one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is right.
    Good,
    /// It works, and should be otherwise.
    Warning,
    /// It does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub level: Level,
    what: String,
    said: String,
    remedy: String,
}

impl Finding {
    /// A thing that is right.
    pub fn good(what: &str, said: impl Into<String>) -> Self {
        Self::new(Level::Good, what, said.into(), "")
    }

    /// A thing that works and should be otherwise.
    pub fn warning(what: &str, said: impl Into<String>, remedy: &str) -> Self {
        Self::new(Level::Warning, what, said.into(), remedy)
    }

    /// A thing that does not work. Without a remedy where the problem names it.
    pub fn problem(what: &str, said: impl Into<String>, remedy: &str) -> Self {
        Self::new(Level::Problem, what, said.into(), remedy)
    }

    fn new(level: Level, what: &str, said: String, remedy: &str) -> Self {
        Self { level, what: what.to_owned(), said, remedy: remedy.to_owned() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Good => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        let said = self.said.replace(['\n', '\r'], " ");
        write!(f, "{level:<8} {}: {said}", self.what)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// The findings, printed as they come.
#[derive(Default)]
pub struct Report {
    problems: usize,
    warnings: usize,
}

impl Report {
    /// Prints some and counts them.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) -> anyhow::Result<()> {
        for finding in findings {
            self.problems += usize::from(finding.level == Level::Problem);
            self.warnings += usize::from(finding.level == Level::Warning);
            writeln!(std::io::stdout(), "{finding}")?;
        }
        Ok(())
    }

    /// An error if there was a problem.
    pub fn end(self) -> anyhow::Result<()> {
        let Self { problems, warnings } = self;
        anyhow::ensure!(problems == 0, "problems: {problems}, warnings: {warnings}");
        writeln!(std::io::stdout(), "no problem, warnings: {warnings}")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let finding = Finding::problem("folder", "it is\nfull", "make room");

        assert_eq!(finding.to_string(), "problem  folder: it is full; make room");
        assert_eq!(Finding::good("folder", "0700").to_string(), "ok       folder: 0700");
    }

    #[test]
    fn a_problem_ends_with_an_error() {
        let mut report = Report::default();
        report.add([Finding::warning("a", "b", "c")]).unwrap();
        report.add([Finding::problem("a", "b", "c")]).unwrap();

        let error = report.end().unwrap_err().to_string();

        assert_eq!(error, "problems: 1, warnings: 1");
    }
}
