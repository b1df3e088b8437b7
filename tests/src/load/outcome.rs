//! The calls, writes and events of a load, compared with each other and with the record.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use super::calls::Call;
use super::record::Record;
use super::watcher::Watched;
use super::writer::{Acknowledged, Written};

/// All that a load did and saw.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Every call.
    pub calls: Vec<Call>,
    /// The writes of each writer.
    pub written: Vec<Written>,
    /// The observations of each watcher.
    pub watched: Vec<Watched>,
    /// The record at the end.
    pub record: Record,
}

/// Faults that belong to no case alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Writes that happened twice.
    pub doubled: usize,
    /// Events of what is not in the record.
    pub invented: usize,
    /// Events that came twice.
    pub repeated: usize,
    /// Events that are older than the one before.
    pub disordered: usize,
}

/// The writes of a part of the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Acknowledged.
    pub writes: usize,
    /// Acknowledged, and not in the record.
    pub lost: usize,
    /// Acknowledged, and not told to a watcher: each counts for each watcher.
    pub missed: usize,
    /// The longest time from an answer to its event, of the events of this part.
    pub lag: Duration,
    /// The time of the answer after which it was so long.
    pub lagged: Duration,
}

impl Outcome {
    /// Compares the writes that were acknowledged within a time with the record and with the events.
    pub fn kept(&self, begun: Duration, ended: Duration) -> Kept {
        let told: Vec<HashMap<(&str, &str), Duration>> =
            self.watched.iter().map(Watched::by_version).collect();
        let mut kept = Kept::default();
        let all = self.written.iter().flat_map(|written| &written.acknowledged);
        for write in all {
            let is_within = (begun..ended).contains(&write.at);
            let is_lost = || !self.record.versions.contains(&version(write));
            kept.writes += usize::from(is_within);
            kept.lost += usize::from(is_within && is_lost());
            for events in &told {
                let came = events.get(&(&*write.name, &*write.etag));
                kept.missed += usize::from(is_within && came.is_none());
                // What held an event up happened where it came at last.
                let Some(came) = came.filter(|came| (begun..ended).contains(*came)) else {
                    continue;
                };
                let lag = came.saturating_sub(write.at);
                if lag > kept.lag {
                    (kept.lag, kept.lagged) = (lag, write.at);
                }
            }
        }
        kept
    }

    /// Finds what belongs to no case alone.
    pub fn faults(&self) -> Faults {
        let sent: HashSet<&String> =
            self.written.iter().flat_map(|written| &written.sent).collect();
        let twice = |title: &&&String| self.record.titles.get(**title).is_some_and(|it| *it > 1);
        let mut faults = Faults { doubled: sent.iter().filter(twice).count(), ..Faults::default() };
        for watched in &self.watched {
            let (mut seen, mut last) = (HashSet::new(), 0);
            for event in &watched.events {
                faults.disordered += usize::from(event.time < last);
                last = event.time;
                if sent.contains(&event.title) {
                    let version = (event.name.clone(), event.etag.clone());
                    faults.invented += usize::from(!self.record.versions.contains(&version));
                    faults.repeated += usize::from(!seen.insert(version));
                }
            }
        }
        faults
    }

    /// How often a stream of a watcher ended within a time.
    pub fn ends(&self, begun: Duration, ended: Duration) -> usize {
        let all = self.watched.iter().flat_map(|watched| &watched.ends);
        all.filter(|(at, _)| (begun..ended).contains(at)).count()
    }
}

fn version(write: &Acknowledged) -> (String, String) {
    (write.name.clone(), write.etag.clone())
}

impl Watched {
    fn by_version(&self) -> HashMap<(&str, &str), Duration> {
        self.events.iter().map(|event| ((&*event.name, &*event.etag), event.at)).collect()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doubled, invented, repeated, disordered } = self;
        write!(
            f,
            "{doubled} writes doubled, {invented} events invented, {repeated} repeated, {disordered} out of order"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::watcher::Event;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn event(title: &str, time: i64) -> Event {
        let (name, etag) = (format!("parties/{title}"), title.to_owned());
        Event { at: 2 * SECOND, time, name, etag, title: title.to_owned() }
    }

    fn outcome(titles: &[&str], recorded: &[(&str, usize)], events: Vec<Event>) -> Outcome {
        let acknowledged = titles.iter().map(|title| Acknowledged {
            at: SECOND,
            name: format!("parties/{title}"),
            etag: (*title).to_owned(),
        });
        let sent = titles.iter().map(|title| (*title).to_owned()).collect();
        let written = Written { acknowledged: acknowledged.collect(), sent, own: None };
        let versions =
            recorded.iter().map(|(title, _)| (format!("parties/{title}"), (*title).to_owned()));
        let titles = recorded.iter().map(|(title, count)| ((*title).to_owned(), *count));
        Outcome {
            calls: Vec::new(),
            written: vec![written],
            watched: vec![Watched { events, ..Watched::default() }],
            record: Record { versions: versions.collect(), titles: titles.collect() },
        }
    }

    #[test]
    fn a_write_that_is_not_in_the_record_is_lost_and_one_that_was_not_told_is_missed() {
        let outcome = outcome(&["a", "b"], &[("a", 1)], vec![event("b", 1)]);

        let kept = outcome.kept(Duration::ZERO, 3 * SECOND);

        assert_eq!(kept, Kept { writes: 2, lost: 1, missed: 1, lag: SECOND, lagged: SECOND });
        assert_eq!(outcome.kept(3 * SECOND, 4 * SECOND), Kept::default());
        assert_eq!(outcome.faults(), Faults { invented: 1, ..Faults::default() });
    }

    #[test]
    fn what_happened_or_was_told_twice_or_too_late_is_found() {
        let events = vec![event("a", 2), event("a", 2), event("b", 1)];
        let outcome = outcome(&["a", "b"], &[("a", 2), ("b", 1)], events);

        let expected = Faults { doubled: 1, invented: 0, repeated: 1, disordered: 1 };
        assert_eq!(outcome.faults(), expected);
    }
}
