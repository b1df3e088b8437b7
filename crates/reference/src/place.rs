//! The place of a record in its file, and of each of its fields.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The place of a record.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path of the file.
    pub file: String,
    /// The line where the record begins, from 1.
    pub line: usize,
    text: Box<RawValue>,
}

/// Returns the line of a byte of a text, from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

/// Returns how far within a text a part of it begins.
pub fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

impl Place {
    /// The place of a value within the text of a file.
    pub fn of(file: &str, text: &str, value: &RawValue) -> Self {
        let line = line_at(text, offset_in(text, value.get()));
        Self { file: file.to_owned(), line, text: value.to_owned() }
    }

    /// Returns the line of a field by its path in the contract (`milestones[2].date`): where its
    /// value begins. Of a field that is not there it is the line of what should have it.
    pub fn line_of(&self, path: &str) -> usize {
        let mut at: &RawValue = &self.text;
        for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')) {
            let Some(next) = child(at, step) else { break };
            at = next;
        }
        self.line + line_at(self.text.get(), offset_in(self.text.get(), at.get())) - 1
    }
}

/// Returns an item by its index, or a field by its name in the contract or in JSON.
fn child<'a>(of: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    if let Ok(index) = step.parse::<usize>() {
        let items: Vec<&RawValue> = serde_json::from_str(of.get()).ok()?;
        return items.get(index).copied();
    }
    let fields: HashMap<String, &RawValue> = serde_json::from_str(of.get()).ok()?;
    fields.get(&in_json(step)).or_else(|| fields.get(step)).copied()
}

/// Returns the name of a field in JSON: `externalIds` of `external_ids`.
fn in_json(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut all, part| {
        let mut letters = part.chars();
        all.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        all.push_str(letters.as_str());
        all
    })
}
