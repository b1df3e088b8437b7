//! Which version of the standard a file is written in.

use formats::Finding;

use crate::finding::Rule;
use crate::text::shown;

/// The versions as far as they matter to reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.x: another shape, not read.
    One,
    /// 2.01, 2.02 or 2.03.
    Two,
    /// Not said, or not known: read as 2.x unless an activity has the shape of 1.x.
    Unknown,
}

impl Version {
    /// Reads `@version` of the root; a finding when it is not 2.01, 2.02 or 2.03.
    pub(crate) fn of_file(text: Option<&str>, line: u64) -> (Self, Option<Finding>) {
        let Some(text) = text else {
            let message = "the file names no version; it was read as 2.03, except activities in \
                           the shape of 1.x; give @version";
            return (Self::Unknown, Some(Rule::VersionMissing.at(line, message)));
        };
        let label = shown(text);
        if is_one(text) {
            let message = format!(
                "the file is of version {label}; versions 1.x are not read; its activities are \
                 counted and skipped; ask the publisher for 2.03"
            );
            return (Self::One, Some(Rule::VersionOneFile.at(line, message)));
        }
        if matches!(text, "2.01" | "2.02" | "2.03") {
            return (Self::Two, None);
        }
        let message = format!(
            "{label} is not a version of the standard; the file was read as 2.03; write 2.03"
        );
        (Self::Unknown, Some(Rule::VersionUnknown.at(line, message)))
    }

    /// The version of an activity that names its own, as 1.x allowed, in a file of this one.
    pub(crate) fn of_activity(self, text: &str) -> Self {
        if is_one(text) { Self::One } else { self }
    }
}

fn is_one(text: &str) -> bool {
    text == "1" || text.starts_with("1.")
}
