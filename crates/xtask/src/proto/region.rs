//! The regions of a proto file that this program writes.

use anyhow::{Context, Result};

use super::resource::Resource;
use super::wrap;

/// A part of a file between two markers.
pub struct Region {
    /// Its name in the markers: `system fields`.
    what: &'static str,
    /// Its elements with holes, a blank line between them.
    template: &'static str,
    /// The text between two elements.
    between: &'static str,
    indent: &'static str,
    /// The line after which the region begins where it is not in the file yet.
    after: fn(&[&str], &Resource) -> Option<usize>,
    /// The lines among which an element by hand takes the place of one in the region.
    around: fn(&[&str], &Resource) -> std::ops::Range<usize>,
    /// The name of the element that a line begins.
    name: fn(&str) -> Option<&str>,
}

/// The fields that every resource has, in its message.
pub const FIELDS: Region = Region {
    what: "system fields",
    template: include_str!("fields.txt"),
    between: "\n",
    indent: "  ",
    after: |lines, resource| {
        let body = message(lines, resource);
        let mut options = lines.get(body.clone())?.iter();
        let option = options.rposition(|line| line.starts_with("  option "))? + body.start;
        let end = lines.get(option..)?.iter().position(|line| line.ends_with(';'))?;
        Some(option + end)
    },
    around: message,
    name: |line| {
        let field = line.strip_prefix("  ").filter(|it| it.starts_with(char::is_alphabetic))?;
        let (field, number) = field.split_once(" = ")?;
        let name = field.rsplit(' ').next()?;
        number.starts_with(|first: char| first.is_ascii_digit()).then_some(name)
    },
};

/// The methods of its proto service.
pub const METHODS: Region = Region {
    what: "standard methods",
    template: include_str!("methods.txt"),
    between: "\n",
    indent: "  ",
    after: |lines, _| lines.iter().position(|line| line.starts_with("service ")),
    around: |lines, _| 0..lines.len(),
    name: |line| line.strip_prefix("  rpc ")?.split('(').next(),
};

/// The requests and answers of these methods.
pub const MESSAGES: Region = Region {
    what: "standard messages",
    template: include_str!("messages.txt"),
    between: "\n\n",
    indent: "",
    after: |lines, _| {
        let service = lines.iter().position(|line| line.starts_with("service "))?;
        let end = lines.get(service..)?.iter().position(|line| *line == "}")?;
        Some(service + end)
    },
    around: |lines, _| 0..lines.len(),
    name: |line| line.strip_prefix("message ")?.split(' ').next(),
};

impl Region {
    /// Returns the text of a file with the region as it should be for a resource.
    pub fn write(&self, text: &str, resource: &Resource) -> Result<String> {
        let lines: Vec<&str> = text.lines().collect();
        let (before, after) = self.split(&lines, resource)?;
        let by_hand: Vec<&str> = before.iter().chain(after).copied().collect();
        let around = (self.around)(&by_hand, resource);
        let taken: Vec<&str> = by_hand
            .get(around)
            .unwrap_or_default()
            .iter()
            .filter_map(|it| (self.name)(it))
            .collect();

        let elements = self.template.split("\n\n").map(|element| resource.filled(element));
        let elements = elements.filter(|element| {
            !element.lines().find_map(self.name).is_some_and(|name| taken.contains(&name))
        });
        let elements: Vec<String> =
            elements.map(|it| wrap::comments(&it).trim_end().to_owned()).collect();

        let (begin, end) = self.markers();
        let mut text = before.join("\n");
        // A marker is no comment of what stands before or after it.
        for part in [&begin, &elements.join(self.between), &end] {
            text.push_str("\n\n");
            text.push_str(part);
        }
        let rest = after.join("\n");
        let rest = rest.trim_start_matches('\n').trim_end();
        let gap = if rest.is_empty() || rest.starts_with('}') { "\n" } else { "\n\n" };
        Ok(format!("{text}{gap}{rest}").trim_end().to_owned() + "\n")
    }

    fn markers(&self) -> (String, String) {
        let Self { what, indent, .. } = self;
        (
            format!("{indent}// The {what}, written by `cargo xtask proto`. Others stand below."),
            format!("{indent}// End of the {what}."),
        )
    }

    /// Returns the lines before and after the region.
    fn split<'a, 'b>(
        &self,
        lines: &'a [&'b str],
        resource: &Resource,
    ) -> Result<(&'a [&'b str], &'a [&'b str])> {
        let (begin, end) = self.markers();
        let place = |marker: &str| lines.iter().position(|line| *line == marker);
        let missing = || format!("{}: no place for the {}", resource.file.display(), self.what);
        let (before, after) = if let Some(begin) = place(&begin) {
            let end = place(&end).with_context(|| {
                format!("{}: no end of the {}", resource.file.display(), self.what)
            })?;
            (begin, end + 1)
        } else {
            let after = (self.after)(lines, resource).with_context(missing)? + 1;
            (after, after)
        };
        let before = lines.get(..before).with_context(missing)?;
        let blank = before.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        Ok((before.get(..blank).unwrap_or_default(), lines.get(after..).unwrap_or_default()))
    }
}

/// Returns the range of the lines of the message of a resource.
fn message(lines: &[&str], resource: &Resource) -> std::ops::Range<usize> {
    let head = format!("message {} {{", resource.message);
    let start = lines.iter().position(|line| *line == head).unwrap_or(lines.len());
    let length = lines.iter().skip(start).position(|line| *line == "}");
    start..length.map_or(lines.len(), |length| start + length)
}

/// Adds imports to those of a proto file, and sorts them.
pub fn import(text: &str, files: &[&str]) -> String {
    let of = |file: &&str| format!("import \"{file}\";");
    let is_import = |line: &&str| line.starts_with("import ");
    let mut imports: Vec<String> = files.iter().map(of).collect();
    imports.extend(text.lines().filter(is_import).map(str::to_owned));
    imports.sort();
    imports.dedup();
    let mut written = String::new();
    for line in text.lines().filter(|line| !is_import(line)) {
        written.push_str(line);
        written.push('\n');
        if line.starts_with("package ") {
            written.push('\n');
            written.push_str(&imports.join("\n"));
            written.push('\n');
        }
    }
    // Where the imports stood, two blank lines are left.
    written.replace("\n\n\n", "\n\n")
}
