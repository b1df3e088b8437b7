//! The events that a watcher must be sent, derived from the answers to the writers, compared with
//! those that it was sent: pure functions.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use api::registan::agreements::v1::{Party, party};
use api::registan::r#type::v1::ChangeKind;

use super::request::micros;

/// A change of a party, as its writer was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its record time, in microseconds since 1970 UTC.
    pub time: i64,
    /// The party.
    pub name: String,
    /// The etag of the version that it made.
    pub etag: String,
    /// True if the party exists since then.
    pub stands: bool,
    /// A field of the filters.
    pub kind: party::Kind,
    /// A field of the filters.
    pub country_code: String,
}

impl Change {
    /// Returns what an answer says.
    pub fn of(party: &Party) -> anyhow::Result<Self> {
        Ok(Self {
            time: micros(party.update_time)?,
            name: party.name.clone(),
            etag: party.etag.clone(),
            stands: party.delete_time.is_none(),
            kind: party.kind(),
            country_code: party.country_code.clone(),
        })
    }
}

/// A filter, as the service reads it and as this program does.
pub struct Filter {
    /// AIP-160.
    pub text: &'static str,
    /// The same.
    pub matches: fn(&Change) -> bool,
}

/// The filters of the watchers, in turn. A bank of Kazakhstan matches all of them.
pub const FILTERS: [Filter; 4] = [
    Filter { text: "", matches: |_| true },
    Filter { text: "kind = BANK", matches: |change| change.kind == party::Kind::Bank },
    Filter { text: "country_code = \"KZ\"", matches: |change| change.country_code == "KZ" },
    Filter {
        text: "kind = BANK OR country_code = \"UZ\"",
        matches: |change| change.kind == party::Kind::Bank || change.country_code == "UZ",
    },
];

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// Its record time, in microseconds since 1970 UTC.
    pub time: i64,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The party.
    pub name: String,
    /// Its etag; empty where it was removed.
    pub etag: String,
}

/// The events that a watcher was sent and should not have been, and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Never told.
    pub missed: usize,
    /// Told, and never happened so.
    pub invented: usize,
    /// Told again.
    pub repeated: usize,
    /// Not later than the event before it.
    pub disordered: usize,
    /// Parties that its events leave other than the list has them.
    pub differing: usize,
}

impl Faults {
    /// Adds those of another watcher.
    pub fn add(&mut self, other: Self) {
        self.missed += other.missed;
        self.invented += other.invented;
        self.repeated += other.repeated;
        self.disordered += other.disordered;
        self.differing += other.differing;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missed, invented, repeated, disordered, differing } = self;
        write!(
            f,
            "{missed} missed, {invented} invented, {repeated} repeated, {disordered} out of order, {differing} parties other than listed"
        )
    }
}

/// All that a watcher with this filter must be told whose snapshot is of the record time `begun`:
/// of `changes`, which are in the order of their times.
pub fn expected(changes: &[Change], filter: &Filter, begun: i64) -> Vec<Told> {
    let mut known: BTreeMap<&str, &Change> = BTreeMap::new();
    let (before, after) = changes.split_at(changes.partition_point(|change| change.time <= begun));
    for change in before {
        follow(&mut known, change, filter);
    }
    let standing = known.values().map(|change| Told {
        time: begun,
        kind: ChangeKind::Standing,
        name: change.name.clone(),
        etag: change.etag.clone(),
    });
    let mut told: Vec<Told> = standing.collect();
    for change in after {
        let Some(kind) = follow(&mut known, change, filter) else { continue };
        let etag = if kind == ChangeKind::Removed { String::new() } else { change.etag.clone() };
        told.push(Told { time: change.time, kind, name: change.name.clone(), etag });
    }
    told
}

/// Returns what a change means for a watcher that knows these; nothing if it does not concern it.
fn follow<'a>(
    known: &mut BTreeMap<&'a str, &'a Change>,
    change: &'a Change,
    filter: &Filter,
) -> Option<ChangeKind> {
    let is = change.stands && (filter.matches)(change);
    let before = if is { known.insert(&change.name, change) } else { known.remove(&*change.name) };
    match (before.is_some(), is) {
        (false, false) => None,
        (false, true) => Some(ChangeKind::Added),
        (true, true) => Some(ChangeKind::Changed),
        (true, false) => Some(ChangeKind::Removed),
    }
}

/// Compares what was told with what must be; the parties are left to the caller.
pub fn compare(told: &[Told], expected: &[Told]) -> Faults {
    let (was, must): (HashSet<&Told>, HashSet<&Told>) =
        (told.iter().collect(), expected.iter().collect());
    let late = |pair: &&[Told]| match pair[1].kind {
        // A snapshot is of one instant.
        ChangeKind::Standing => pair[1].time != pair[0].time || pair[0].kind != pair[1].kind,
        _ => pair[1].time <= pair[0].time,
    };
    Faults {
        missed: must.difference(&was).count(),
        invented: was.difference(&must).count(),
        repeated: told.len() - was.len(),
        disordered: told.windows(2).filter(late).count(),
        differing: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bank that is created, leaves Kazakhstan, is deleted and stands again.
    fn changes() -> Vec<Change> {
        let change = |time: i64, country: &str, stands| Change {
            time,
            name: "parties/one".to_owned(),
            etag: format!("etag-{time}"),
            stands,
            kind: party::Kind::Bank,
            country_code: country.to_owned(),
        };
        vec![
            change(1, "KZ", true),
            change(2, "UZ", true),
            change(3, "UZ", false),
            change(4, "UZ", true),
        ]
    }

    fn kinds(told: &[Told]) -> Vec<ChangeKind> {
        told.iter().map(|told| told.kind).collect()
    }

    #[test]
    fn a_watcher_must_be_told_what_concerns_it() {
        use ChangeKind::{Added, Changed, Removed, Standing};
        let changes = changes();

        let of = |filter: usize, begun| kinds(&expected(&changes, &FILTERS[filter], begun));

        assert_eq!(of(0, 0), [Added, Changed, Removed, Added]);
        assert_eq!(of(2, 0), [Added, Removed]);
        assert_eq!(of(3, 1), [Standing, Changed, Removed, Added]);
        assert_eq!(of(0, 3), [Added]);
    }

    #[test]
    fn every_fault_is_found() {
        let must = expected(&changes(), &FILTERS[0], 1);
        assert_eq!(compare(&must, &must), Faults::default());
        let faults = |tamper: fn(&mut Vec<Told>)| {
            let mut told = must.clone();
            tamper(&mut told);
            compare(&told, &must)
        };

        assert_eq!(faults(|told| drop(told.remove(2))).missed, 1);
        assert_eq!(faults(|told| told.truncate(3)).missed, 1);
        assert_eq!(faults(|told| told.swap(1, 2)).disordered, 1);
        assert_eq!(faults(|told| told.push(told[3].clone())).repeated, 1);
        let changed = faults(|told| told[3].etag.push('x'));
        assert_eq!((changed.missed, changed.invented), (1, 1));
        let changed = faults(|told| told[1].kind = ChangeKind::Added);
        assert_eq!((changed.missed, changed.invented), (1, 1));
    }
}
