//! The events that a watcher of transactions may and must be sent, derived from the answers to the
//! writers: pure functions, and a second reading of who may see what.

use std::collections::BTreeMap;
use std::fmt;

use api::registan::options::v1::Tier;
use api::registan::r#type::v1::ChangeKind;

/// The clearance of a watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// An anonymous caller.
    Anonymous,
    /// Up to a tier, of every desk.
    All(Tier),
    /// Up to CONFIDENTIAL, of Kazakhstan alone.
    Kazakhstan,
}

impl Clearance {
    /// All of them, in turn.
    pub const ALL: [Self; 4] = [
        Self::Anonymous,
        Self::All(Tier::Restricted),
        Self::All(Tier::Confidential),
        Self::Kazakhstan,
    ];

    fn sees(self, tier: Tier, desks: &[String]) -> bool {
        match self {
            Self::Anonymous => tier == Tier::Public,
            Self::All(most) => tier as i32 <= most as i32,
            Self::Kazakhstan => {
                let own = desks.is_empty() || desks.iter().any(|desk| desk == "desks/kz");
                tier == Tier::Public || own && tier as i32 <= Tier::Confidential as i32
            }
        }
    }
}

/// A change, as its writer was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its record time, in microseconds since 1970 UTC.
    pub time: i64,
    /// `projects/p` or `projects/p/transactions/t`.
    pub name: String,
    /// Its tier from then on.
    pub tier: Tier,
    /// Its desks from then on.
    pub desks: Vec<String>,
    /// The mark of this version of a transaction; absent if it is deleted.
    pub reference: Option<String>,
}

/// An event, as a watcher was sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its record time.
    pub time: i64,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The transaction.
    pub name: String,
    /// Which version; empty where it was removed.
    pub reference: String,
    /// True if the watcher knew the transaction before.
    pub was_known: bool,
    /// True for what came before a later snapshot.
    pub is_old: bool,
}

/// The events that a watcher was sent and must not be, and the other way round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Never sent.
    pub missed: Vec<String>,
    /// Sent, and not for this clearance.
    pub shown: Vec<String>,
    /// Sent, and not so at that instant.
    pub invented: Vec<String>,
    /// Known in the end, or not, and the record says otherwise.
    pub differing: Vec<String>,
}

impl Faults {
    /// Adds those of another watcher.
    pub fn add(&mut self, other: Self) {
        self.missed.extend(other.missed);
        self.shown.extend(other.shown);
        self.invented.extend(other.invented);
        self.differing.extend(other.differing);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missed, shown, invented, differing } = self;
        let counts = [missed, shown, invented, differing].map(Vec::len);
        write!(
            f,
            "{} missed, {} shown, {} invented, {} other than listed",
            counts[0], counts[1], counts[2], counts[3]
        )?;
        for found in [missed, shown, invented, differing] {
            for one in found.iter().take(3) {
                write!(f, "\n    {one}")?;
            }
        }
        Ok(())
    }
}

/// By transaction, from when on which version could be seen; absent: none.
pub type Timelines = BTreeMap<String, Vec<(i64, Option<String>)>>;

/// Returns what could be seen when, from all changes in the order of their times.
pub fn timelines(changes: &[Change], clearance: Clearance) -> Timelines {
    let mut projects: BTreeMap<&str, &Change> = BTreeMap::new();
    let mut transactions: BTreeMap<&str, &Change> = BTreeMap::new();
    let mut all = Timelines::new();
    for change in changes {
        let project = change.name.split("/transactions/").next().unwrap_or_default();
        let is_project = project == change.name;
        if is_project {
            projects.insert(project, change);
        } else {
            transactions.insert(&change.name, change);
        }
        let parent = projects.get(project);
        let parent_seen = parent.is_some_and(|one| clearance.sees(one.tier, &one.desks));
        let within = format!("{project}/transactions/");
        let touched =
            transactions.range(&*within..).take_while(|(name, _)| name.starts_with(&within));
        for (name, one) in touched.filter(|(name, _)| is_project || **name == change.name) {
            let seen = parent_seen && clearance.sees(one.tier, &one.desks);
            let now = one.reference.clone().filter(|_| seen);
            let timeline = all.entry((*name).to_owned()).or_default();
            if timeline.last().and_then(|(_, before)| before.as_ref()) != now.as_ref() {
                timeline.push((change.time, now));
            }
        }
    }
    all
}

/// Returns what could be seen of a transaction at an instant.
fn at<'a>(timelines: &'a Timelines, name: &str, time: i64) -> Option<&'a str> {
    let timeline = timelines.get(name)?;
    let after = timeline.partition_point(|(from, _)| *from <= time);
    timeline[..after].last()?.1.as_deref()
}

/// Compares what a watcher was sent, the last snapshot at `begun`, and what it knows in the end.
pub fn judge(
    sent: &[Sent],
    begun: i64,
    known: &BTreeMap<String, String>,
    timelines: &Timelines,
) -> Faults {
    let mut faults = Faults::default();
    for event in sent {
        let Sent { time, kind, name, reference, was_known, .. } = event;
        if *kind == ChangeKind::Removed {
            if !was_known {
                faults.shown.push(format!("{name} at {time}: REMOVED, and it was never sent"));
            }
            continue;
        }
        match at(timelines, name, *time) {
            Some(right) if right == reference => {}
            Some(right) => {
                faults.invented.push(format!("{name} at {time}: {reference}, not {right}"));
            }
            None => faults.shown.push(format!("{name} at {time}: {kind:?} {reference}")),
        }
    }
    for (name, timeline) in timelines {
        // What was hidden again later may have been read too late to be shown.
        let last_hidden = timeline.iter().rposition(|(_, seen)| seen.is_none());
        let sure = &timeline[last_hidden.map_or(0, |place| place + 1)..];
        for (time, reference) in sure.iter().filter(|(time, _)| *time > begun) {
            let came = sent.iter().any(|event| {
                !event.is_old
                    && event.time == *time
                    && Some(&event.reference) == reference.as_ref()
                    && event.name == *name
            });
            if !came {
                faults.missed.push(format!("{name} at {time}: {reference:?}"));
            }
        }
        let last = timeline.last().and_then(|(_, reference)| reference.as_ref());
        if last != known.get(name) {
            faults.differing.push(format!("{name}: {:?}, not {last:?}", known.get(name)));
        }
    }
    let strange = known.keys().filter(|name| !timelines.contains_key(*name));
    faults.differing.extend(strange.map(|name| format!("{name}: is not in the record")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: &str = "projects/p/transactions/t";

    fn change(time: i64, name: &str, tier: Tier, reference: Option<&str>) -> Change {
        let reference = reference.map(ToOwned::to_owned);
        Change { time, name: name.to_owned(), tier, desks: Vec::new(), reference }
    }

    /// A transaction that is changed while its project is hidden, and once more when it is shown.
    fn changes() -> Vec<Change> {
        vec![
            change(1, "projects/p", Tier::Public, None),
            change(2, T, Tier::Public, Some("a")),
            change(3, "projects/p", Tier::Confidential, None),
            change(4, T, Tier::Public, Some("b")),
            change(5, "projects/p", Tier::Public, None),
            change(6, T, Tier::Public, Some("c")),
        ]
    }

    fn sent(time: i64, kind: ChangeKind, reference: &str, was_known: bool) -> Sent {
        let (name, reference) = (T.to_owned(), reference.to_owned());
        Sent { time, kind, name, reference, was_known, is_old: false }
    }

    fn told() -> Vec<Sent> {
        vec![
            sent(2, ChangeKind::Added, "a", false),
            sent(3, ChangeKind::Removed, "", true),
            sent(5, ChangeKind::Added, "b", false),
            sent(6, ChangeKind::Changed, "c", true),
        ]
    }

    fn judged(told: &[Sent], known: &str) -> [usize; 4] {
        let timelines = timelines(&changes(), Clearance::Anonymous);
        let known = BTreeMap::from([(T.to_owned(), known.to_owned())]);
        let Faults { missed, shown, invented, differing } = judge(told, 0, &known, &timelines);
        [missed, shown, invented, differing].map(|found| found.len())
    }

    #[test]
    fn a_hidden_project_hides_its_transactions() {
        let of = |clearance| timelines(&changes(), clearance).remove(T).unwrap_or_default();
        let seen = |all: Vec<(i64, Option<String>)>| {
            let each =
                all.into_iter().map(|(time, seen)| format!("{time}{}", seen.unwrap_or_default()));
            each.collect::<Vec<_>>().join(" ")
        };

        assert_eq!(seen(of(Clearance::Anonymous)), "2a 3 5b 6c");
        assert_eq!(seen(of(Clearance::All(Tier::Confidential))), "2a 4b 6c");
        assert_eq!(judged(&told(), "c"), [0; 4]);
    }

    #[test]
    fn every_fault_is_found() {
        let with = |tamper: fn(&mut Vec<Sent>), known: &str| {
            let mut told = told();
            tamper(&mut told);
            judged(&told, known)
        };

        assert_eq!(with(|told| drop(told.pop()), "c"), [1, 0, 0, 0]);
        assert_eq!(with(|_| (), "b"), [0, 0, 0, 1]);
        let hidden = |told: &mut Vec<Sent>| told.insert(2, sent(4, ChangeKind::Changed, "b", true));
        assert_eq!(with(hidden, "c"), [0, 1, 0, 0]);
        let unknown =
            |told: &mut Vec<Sent>| told.insert(2, sent(4, ChangeKind::Removed, "", false));
        assert_eq!(with(unknown, "c"), [0, 1, 0, 0]);
        assert_eq!(with(|told| told[0].reference.push('x'), "c"), [0, 0, 1, 0]);
    }

    #[test]
    fn a_desk_sees_what_is_its_own_or_of_none() {
        let sees = |desks: &[&str]| {
            let desks: Vec<_> = desks.iter().map(|desk| (*desk).to_owned()).collect();
            Clearance::Kazakhstan.sees(Tier::Confidential, &desks)
        };

        assert!(sees(&[]) && sees(&["desks/kz", "desks/uz"]) && !sees(&["desks/uz"]));
    }
}
