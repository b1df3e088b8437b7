//! Files become records, in the order in which they are seeded.
//!
//! A file of a collection is a list of records; a file in `agreements/` or `conventions/` is one
//! agreement with what lies within it and the duties under it.

use std::collections::HashMap;
use std::fmt;

use prost_reflect::DynamicMessage;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::data::{Data, FOLDERS, File};
use crate::place::Place;
use crate::{COLLECTIONS, Collection, Record};

/// A problem of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path of the file.
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// The record and the field; empty where it is the file.
    pub path: String,
    /// The problem and the remedy.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(out, "{}:{}: {}{colon}{}", self.file, self.line, self.path, self.message)
    }
}

/// The records of some files, and what could not be read.
#[derive(Default)]
pub struct Loaded {
    /// The records of each of [`COLLECTIONS`].
    pub collections: Vec<Vec<Record>>,
    /// The problems, in the order of the files.
    pub problems: Vec<Problem>,
}

/// A record as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(default)]
    parent: String,
    id: String,
    #[serde(borrow)]
    resource: &'a RawValue,
}

/// A record within the file of an agreement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part<'a> {
    id: String,
    #[serde(borrow)]
    resource: &'a RawValue,
}

/// A file of an agreement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    id: String,
    #[serde(borrow)]
    resource: &'a RawValue,
    #[serde(borrow, default)]
    provisions: Vec<Part<'a>>,
    #[serde(borrow, default)]
    ratifications: Vec<Part<'a>>,
    #[serde(borrow, default)]
    obligations: Vec<Part<'a>>,
}

/// Reads all files. What cannot be read becomes a problem, and the rest is read on.
pub fn load(data: &Data) -> Loaded {
    let mut loaded = Loaded {
        collections: COLLECTIONS.iter().map(|_| Vec::new()).collect(),
        problems: Vec::new(),
    };
    for file in &data.files {
        if let Err(problem) = loaded.file(file) {
            loaded.problems.push(problem);
        }
    }
    for (records, collection) in loaded.collections.iter_mut().zip(&COLLECTIONS) {
        referred_first(records, collection);
    }
    loaded
}

impl Loaded {
    /// Returns an error if something could not be read.
    pub fn sound(&self) -> anyhow::Result<()> {
        match self.problems.first() {
            Some(problem) => Err(anyhow::anyhow!("{problem}")),
            None => Ok(()),
        }
    }

    /// Returns every record with its collection, in the order in which they are seeded.
    pub fn all(&self) -> impl Iterator<Item = (&'static Collection, &Record)> {
        let collections = COLLECTIONS.iter().zip(&self.collections);
        collections.flat_map(|(collection, records)| records.iter().map(move |it| (collection, it)))
    }

    /// Reads a file.
    fn file(&mut self, file: &File) -> Result<(), Problem> {
        let folder = FOLDERS.into_iter().find(|folder| is_in(&file.path, folder));
        if let Some(folder) = folder {
            return self.agreement(file, folder);
        }
        let name = file.path.strip_suffix(".json").unwrap_or(&file.path);
        if index_of(name).is_none() {
            let known: Vec<&str> = COLLECTIONS.iter().map(|collection| collection.file).collect();
            let message = format!(
                "no record is read from a file of this name; known are {}",
                known.join(", ")
            );
            return Err(problem_of(file, 1, message));
        }
        for one in parsed::<Vec<Written>>(file)? {
            self.add(file, name, (one.parent, one.id), one.resource);
        }
        Ok(())
    }

    /// Reads a file of an agreement.
    fn agreement(&mut self, file: &File, folder: &str) -> Result<(), Problem> {
        let whole: Whole = parsed(file)?;
        let (name, id) = (format!("agreements/{}", whole.id), whole.id);
        if file.path != format!("{folder}/{id}.json") {
            let message = format!("the file must be named as its `id`: {folder}/{id}.json");
            self.problems.push(problem_of(file, 1, message));
        }
        self.add(file, folder, (String::new(), id), whole.resource);
        for (collection, parent, parts) in [
            ("provisions", name.as_str(), whole.provisions),
            ("ratifications", name.as_str(), whole.ratifications),
            ("obligations", "", whole.obligations),
        ] {
            for part in parts {
                self.add(file, collection, (parent.to_owned(), part.id), part.resource);
            }
        }
        Ok(())
    }

    /// Adds a record of a collection, or the problem with it.
    fn add(
        &mut self,
        file: &File,
        collection: &str,
        (parent, id): (String, String),
        resource: &RawValue,
    ) {
        let Some(index) = index_of(collection) else { return };
        let place = Place::of(&file.path, &file.text, resource);
        match message(COLLECTIONS[index].message, resource) {
            Ok((message, written)) => {
                let record = Record { parent, id, resource: message, written, place };
                self.collections[index].push(record);
            }
            Err((line, message)) => {
                let path = format!("{collection}/{id}");
                let problem = problem_of(file, place.line + line - 1, message);
                self.problems.push(Problem { path, ..problem });
            }
        }
    }
}

/// Reads a resource as the message of this name, and as it is written; else the line of its text
/// where it is not as the contract says, and the problem.
fn message(name: &str, resource: &RawValue) -> Result<(DynamicMessage, Value), (usize, String)> {
    let descriptor = api::descriptors().get_message_by_name(name);
    let descriptor = descriptor.ok_or_else(|| (1, format!("{name} is not in the contract")))?;
    let mut reader = serde_json::Deserializer::from_str(resource.get());
    let failed = |error: serde_json::Error| (error.line().max(1), without_place(&error));
    let message = DynamicMessage::deserialize(descriptor, &mut reader).map_err(failed)?;
    Ok((message, serde_json::from_str(resource.get()).map_err(failed)?))
}

/// Reads the text of a file.
fn parsed<'a, T: Deserialize<'a>>(file: &'a File) -> Result<T, Problem> {
    let failed =
        |error: serde_json::Error| problem_of(file, error.line().max(1), without_place(&error));
    serde_json::from_str(&file.text).map_err(failed)
}

/// Returns the text of an error without its line, which is counted otherwise here.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(problem, _)| problem.to_owned())
}

fn problem_of(file: &File, line: usize, message: String) -> Problem {
    Problem { file: file.path.clone(), line, path: String::new(), message }
}

fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn index_of(file: &str) -> Option<usize> {
    COLLECTIONS.iter().position(|collection| collection.file == file)
}

/// Sorts records so that those which others of them name come before these; else they stay in the
/// order of the files.
fn referred_first(records: &mut Vec<Record>, collection: &Collection) {
    let names: HashMap<String, usize> =
        records.iter().enumerate().map(|(index, it)| (collection.name_of(it), index)).collect();
    let mut order = Vec::with_capacity(records.len());
    let mut seen = vec![false; records.len()];
    for index in 0..records.len() {
        visit(index, records, &names, &mut seen, &mut order);
    }
    let mut places = vec![0; records.len()];
    for (place, index) in order.into_iter().enumerate() {
        places[index] = place;
    }
    let mut sorted: Vec<(usize, Record)> = places.into_iter().zip(records.drain(..)).collect();
    sorted.sort_by_key(|(place, _)| *place);
    records.extend(sorted.into_iter().map(|(_, record)| record));
}

/// Adds a record to the order, after those that it names.
fn visit(
    index: usize,
    records: &[Record],
    names: &HashMap<String, usize>,
    seen: &mut [bool],
    order: &mut Vec<usize>,
) {
    if std::mem::replace(&mut seen[index], true) {
        return;
    }
    let mut texts = Vec::new();
    gather(&records[index].written, &mut texts);
    for other in texts.into_iter().filter_map(|text| names.get(text)) {
        visit(*other, records, names, seen, order);
    }
    order.push(index);
}

/// Adds every text in a value.
fn gather<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, texts)),
        _ => {}
    }
}
