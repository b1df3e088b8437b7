//! The findings of a file, and their number.

use std::fmt;

/// How bad it is, in the steps of the IATI validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Advisory,
    /// Odd or repaired; it was read. Whether the record has a place for it, the counts of what is
    /// not kept say.
    Warning,
    /// A record or a value was not taken, or what every record must have is missing.
    Error,
    /// The file, the rest of it, or a dangerous record was not taken.
    Critical,
}

impl Severity {
    /// The severities, the gravest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Error, Self::Warning, Self::Advisory];

    /// The name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The id of a rule of the format, or of the import; it never changes its meaning.
    pub rule: &'static str,
    /// Line of the file, from 1.
    pub line: u64,
    /// The record it is about, when that is known.
    pub identifier: Option<String>,
    /// The problem, what was done about it, and the remedy.
    pub message: String,
}

/// Findings that are kept; the others are only counted.
const FINDINGS: usize = 1000;

/// How many findings of each severity there were, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the order of [`Severity::ALL`].
    pub counts: [i64; 4],
    /// At most 1000, those that are CRITICAL before others.
    pub first: Vec<Finding>,
}

impl Tally {
    /// Counts findings, and keeps those for which there is room.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            let place = Severity::ALL.iter().position(|severity| *severity == finding.severity);
            self.counts[place.unwrap_or(0)] += 1;
            if self.first.len() < FINDINGS || finding.severity == Severity::Critical {
                self.first.push(finding);
                self.trim();
            }
        }
    }

    /// Adds those of another part of the import, and keeps the first of all in the order of the
    /// file.
    pub fn merge(&mut self, other: Self) {
        for (all, more) in self.counts.iter_mut().zip(other.counts) {
            *all += more;
        }
        self.first.extend(other.first);
        self.first.sort_by_key(|finding| finding.line);
        self.trim();
    }

    /// Keeps as many as there is room for: what says that the rest of a file was not taken goes
    /// last.
    fn trim(&mut self) {
        while self.first.len() > FINDINGS {
            let other = self.first.iter().rposition(|it| it.severity != Severity::Critical);
            self.first.remove(other.unwrap_or(FINDINGS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(severity: Severity, line: u64) -> Finding {
        Finding { severity, rule: "rule", line, identifier: None, message: String::new() }
    }

    #[test]
    fn that_a_file_breaks_off_is_told_however_much_else_there_is() {
        let mut reading = Tally::default();
        reading.extend((0..1500).map(|line| found(Severity::Warning, line)));
        reading.extend([found(Severity::Critical, 2000)]);
        let mut all = Tally::default();
        all.extend((0..1200).map(|line| found(Severity::Error, line)));

        all.merge(reading.clone());

        for tally in [reading, all] {
            assert_eq!(tally.first.len(), FINDINGS);
            assert_eq!(tally.first.last(), Some(&found(Severity::Critical, 2000)));
            assert_eq!(tally.counts[0], 1);
        }
    }
}
