//! The children of a record, each named by what it says.

use std::collections::HashMap;

use chronicle::Resource;
use formats::Record;
use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::importer::Importer;
use crate::name::{child_name, last};
use crate::notes::Notes;
use crate::write::MAX_BYTES;

/// The children of a record, each as what it says, and how many say the same: small, however many
/// they are.
#[derive(Debug)]
pub struct Seen {
    mark: &'static str,
    counts: HashMap<[u8; 16], u32>,
}

impl Seen {
    /// Begins with none; `mark` begins the ids of the imported.
    pub fn new(mark: &'static str) -> Self {
        Self { mark, counts: HashMap::new() }
    }

    /// Returns the id of the next that says this; of several that say the same, that of the second
    /// ends in `-2`.
    fn next(&mut self, hash: [u8; 16]) -> String {
        let ordinal = self.counts.entry(hash).or_default();
        *ordinal += 1;
        let (mark, hash) = (self.mark, hex::encode(hash));
        if *ordinal == 1 { format!("{mark}{hash}") } else { format!("{mark}{hash}-{ordinal}") }
    }

    /// Takes note of a name given before.
    pub fn add(&mut self, name: &str) {
        if let Some((hash, ordinal)) = self.parts(name) {
            let most = self.counts.entry(hash).or_default();
            *most = Ord::max(*most, ordinal);
        }
    }

    /// Checks whether a child of the file has this name.
    pub fn has(&self, name: &str) -> bool {
        self.parts(name).is_some_and(|(hash, ordinal)| {
            ordinal > 0 && self.counts.get(&hash).is_some_and(|most| ordinal <= *most)
        })
    }

    fn parts(&self, name: &str) -> Option<([u8; 16], u32)> {
        parts(self.mark, name)
    }
}

/// Returns what the name of an imported child says; nothing for one that no import gave, though a
/// person may have given it the same beginning.
pub fn parts(mark: &str, name: &str) -> Option<([u8; 16], u32)> {
    let id = last(name).strip_prefix(mark)?;
    let (hash, ordinal) = match id.split_once('-') {
        Some((hash, ordinal)) => (hash, ordinal.parse().ok()?),
        None => (id, 1),
    };
    Some((hex::decode(hash).ok()?.try_into().ok()?, ordinal))
}

/// Returns the children of a record that can be recorded, in `parent`. Each is named by what it
/// says, so that the same one has the same name in every import.
pub fn children<I: Importer>(
    importer: &I,
    record: &I::Record,
    parent: &I::Parent,
    seen: &mut Seen,
    notes: &mut Notes,
) -> Vec<(I::Child, Account)> {
    let mut children = Vec::with_capacity(record.children().len());
    for given in record.children() {
        let (line, elements) = I::Record::origin(given);
        notes.at(line);
        notes.lost.clear();
        let Some((mut child, content)) = written(importer, given, notes) else {
            notes.refused.append(elements);
            continue;
        };
        let mut hash = [0; 16];
        hash.copy_from_slice(&Sha256::digest(&content)[..16]);
        let name = child_name::<I::Child>(parent.name(), &seen.next(hash));
        I::attach(&mut child, name, parent);
        let lost = std::mem::take(&mut notes.lost);
        children.push((child, Account { elements: elements.clone(), lost }));
    }
    children
}

/// Returns a child and its text, by which it is named.
fn written<I: Importer>(
    importer: &I,
    given: &<I::Record as Record>::Child,
    notes: &mut Notes,
) -> Option<(I::Child, Vec<u8>)> {
    let child = importer.child(given, notes)?;
    let content = I::said(&child)?;
    if content.len() > MAX_BYTES {
        let message =
            format!("the {} has {} bytes; it was not taken", I::WORDS.child, content.len());
        notes.error(I::WORDS.child_too_large, message);
        return None;
    }
    Some((child, content))
}
