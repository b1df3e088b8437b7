//! Counts the elements of a file that are not kept, by path: bounded, whatever the file does.

use std::collections::HashMap;

/// Paths of a file that are counted one by one, and bytes of one.
const MAX_PATHS: usize = 1000;
const MAX_PATH: usize = 256;

/// The number of a path in a [`Census`].
pub type PathId = u16;

/// Stands for every path that has no place of its own.
const OTHERS: PathId = 0;
/// The root of a file, and what the root of a file of another kind lies below.
pub const TOP: PathId = 1;
/// The name of [`OTHERS`].
const OTHERS_NAME: &str = "(others)";

/// How many elements of each path a record or a child of one has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elements(Vec<(PathId, u32)>);

impl Elements {
    /// How many there are of all paths.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// Adds those of another.
    pub fn append(&mut self, other: &Self) {
        for (id, count) in &other.0 {
            self.add(*id, *count);
        }
    }

    /// Adds elements of one path.
    pub fn add(&mut self, id: PathId, count: u32) {
        match self.0.iter_mut().find(|(known, _)| *known == id) {
            Some((_, so_far)) => *so_far += count,
            None => self.0.push((id, count)),
        }
    }
}

/// The elements or attributes of one path that are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKept {
    /// Below the root: `iati-activity/budget/value`, or `iati-activity/sector/@vocabulary-uri`.
    /// That of a file with another root begins with it. `(others)` is all for which there was no
    /// place: paths too long or too many.
    pub path: String,
    /// How many.
    pub count: u64,
    /// An attribute, of elements that are kept.
    pub is_attribute: bool,
}

/// A name below a path.
#[derive(Debug)]
struct Place {
    parent: PathId,
    name: Box<str>,
    is_attribute: bool,
    /// Bytes of the whole path.
    bytes: usize,
    not_kept: u64,
    elements: HashMap<Box<str>, PathId>,
    attributes: HashMap<Box<str>, PathId>,
}

impl Place {
    fn new(parent: PathId, name: &str, is_attribute: bool, bytes: usize) -> Self {
        Self {
            parent,
            name: name.into(),
            is_attribute,
            bytes,
            not_kept: 0,
            elements: HashMap::new(),
            attributes: HashMap::new(),
        }
    }
}

/// The paths of a file, each with how many of it are not kept.
#[derive(Debug)]
pub struct Census {
    places: Vec<Place>,
    around: u64,
}

impl Default for Census {
    fn default() -> Self {
        let places = vec![Place::new(TOP, OTHERS_NAME, false, 0), Place::new(TOP, "", false, 0)];
        Self { places, around: 0 }
    }
}

impl Census {
    /// The number of an element below another; it gets one if there is room.
    pub fn element(&mut self, parent: PathId, name: &str) -> PathId {
        let known = self.places[usize::from(parent)].elements.get(name).copied();
        known.unwrap_or_else(|| self.make(parent, name, false))
    }

    fn attribute(&mut self, of: PathId, name: &str) -> PathId {
        let known = self.places[usize::from(of)].attributes.get(name).copied();
        known.unwrap_or_else(|| self.make(of, name, true))
    }

    fn make(&mut self, parent: PathId, name: &str, is_attribute: bool) -> PathId {
        let bytes = self.places[usize::from(parent)].bytes + name.len() + 2;
        if parent == OTHERS || bytes > MAX_PATH || self.places.len() >= MAX_PATHS {
            return OTHERS;
        }
        let Ok(id) = PathId::try_from(self.places.len()) else { return OTHERS };
        self.places.push(Place::new(parent, name, is_attribute, bytes));
        let parent = &mut self.places[usize::from(parent)];
        let below = if is_attribute { &mut parent.attributes } else { &mut parent.elements };
        below.insert(name.into(), id);
        id
    }

    /// Counts an element that is not kept.
    pub fn lose(&mut self, id: PathId) {
        self.places[usize::from(id)].not_kept += 1;
    }

    /// Counts an attribute, of an element that is kept, that is not.
    pub fn lose_attribute(&mut self, of: PathId, name: &str) {
        let id = self.attribute(of, name);
        // An attribute that has no place is not counted: the others are elements.
        if id != OTHERS {
            self.lose(id);
        }
    }

    /// Counts elements, of a record or a child of one, that are not kept.
    pub fn lose_all(&mut self, elements: &Elements) {
        for (id, count) in &elements.0 {
            self.places[usize::from(*id)].not_kept += u64::from(*count);
        }
    }

    /// Counts elements, or attributes, of a path below the root that are not kept.
    pub fn lose_path(&mut self, path: &str, count: u64) {
        let id = path.split('/').fold(TOP, |parent, name| match name.strip_prefix('@') {
            Some(name) => self.attribute(parent, name),
            None => self.element(parent, name),
        });
        // As in `lose_attribute`: the others are elements.
        if id == OTHERS && path.contains('@') {
            return;
        }
        self.places[usize::from(id)].not_kept += count;
    }

    /// Counts an element around the records that only says how to read them: the root.
    pub fn note_around(&mut self) {
        self.around += 1;
    }

    /// How many elements around the records only say how to read them.
    pub const fn around(&self) -> u64 {
        self.around
    }

    /// How many elements are not kept.
    pub fn elements_not_kept(&self) -> u64 {
        self.places.iter().filter(|it| !it.is_attribute).map(|it| it.not_kept).sum()
    }

    /// Returns what is not kept, in the order of the paths.
    pub fn not_kept(&self) -> Vec<NotKept> {
        let lost = self.places.iter().filter(|place| place.not_kept > 0);
        let mut all: Vec<NotKept> = lost
            .map(|place| NotKept {
                path: self.path(place),
                count: place.not_kept,
                is_attribute: place.is_attribute,
            })
            .collect();
        all.sort_by(|one, other| one.path.cmp(&other.path));
        all
    }

    fn path(&self, place: &Place) -> String {
        let name =
            if place.is_attribute { format!("@{}", place.name) } else { place.name.to_string() };
        let parent = &self.places[usize::from(place.parent)];
        if place.parent == TOP { name } else { format!("{}/{name}", self.path(parent)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_counted_once_found_again_and_named_whole() {
        let mut census = Census::default();
        let activity = census.element(TOP, "iati-activity");
        let budget = census.element(activity, "budget");
        let mut elements = Elements::default();
        elements.add(budget, 2);

        census.lose(budget);
        census.lose_all(&elements);
        census.lose_path("iati-activity/budget", 4);
        census.lose_attribute(activity, "hierarchy");

        let found: Vec<_> = census.not_kept().into_iter().map(|it| (it.path, it.count)).collect();
        let expected =
            [("iati-activity/@hierarchy".to_owned(), 1), ("iati-activity/budget".to_owned(), 7)];
        assert_eq!(found, expected);
        assert_eq!(census.elements_not_kept(), 7);
    }

    #[test]
    fn paths_without_a_place_are_counted_together() {
        let mut census = Census::default();
        let mut deep = TOP;
        for _ in 0..64 {
            deep = census.element(deep, "a-name-of-twenty-byt");
            census.lose(deep);
        }
        for number in 0..2 * MAX_PATHS {
            let id = census.element(TOP, &format!("e{number}"));
            census.lose(id);
        }

        let found = census.not_kept();
        assert!(found.len() <= MAX_PATHS && found.iter().all(|it| it.path.len() <= MAX_PATH));
        assert!(found.iter().any(|it| it.path == OTHERS_NAME));
        assert_eq!(census.elements_not_kept(), 64 + 2 * MAX_PATHS as u64);

        census.lose_path("iati-activity/@default-currency", 3);
        census.lose_path("iati-activity/budget", 2);
        assert_eq!(census.elements_not_kept(), 66 + 2 * MAX_PATHS as u64);
    }
}
