//! The set of resources that a watcher was sent, without a list of them: all that could be seen at
//! its place in the log, less what was hidden by the time it was read.
//!
//! A watcher that is behind reads of what was shown then and was hidden since; hiding hides the
//! past too, so that is withheld. It is remembered until the watcher comes to where it was hidden:
//! what was never sent is not removed either.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;

/// The kind of a change, as its watcher sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It stands in the snapshot.
    Standing,
    /// It is new, or matches the filter from now on, or may be seen from now on.
    Added,
    /// It was changed.
    Changed,
    /// It was deleted, or no longer matches the filter, or may no longer be seen.
    Removed,
}

/// The maximum of resources withheld at a time; a watcher further behind starts again.
const MOST_WITHHELD: usize = 10_000;

/// How far a token tells what its holder was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Trust {
    /// It follows from the place.
    Whole,
    /// The token is of a list: its pages may have been read later, when some of it was hidden.
    Listed,
    /// Something was withheld, and it is not known what.
    Lost,
}

/// The resources that a watcher was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    withheld: HashSet<Uuid>,
    trust: Trust,
    /// From this place on it follows from the place whatever the token; `i64::MAX` before the first
    /// look.
    certain_from: i64,
}

/// A change of a resource at a position in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub uid: Uuid,
    pub time: i64,
    /// True if it was among those watched before, as it could be seen then.
    pub was: bool,
    /// True if it is so from then on.
    pub is: bool,
    /// True if it could be seen ever since.
    pub shown: bool,
}

impl Sent {
    /// Of a watcher who begins, or goes on with a token.
    pub fn new(trust: Trust) -> Self {
        let certain_from = if trust == Trust::Whole { 0 } else { i64::MAX };
        Self { withheld: HashSet::new(), trust, certain_from }
    }

    /// Takes note of where the record was when it was looked at.
    pub fn look(&mut self, head: i64) {
        if self.certain_from == i64::MAX {
            self.certain_from = head;
        }
    }

    /// How far a token given at a place tells what was sent.
    pub fn trust(&self, time: i64) -> Trust {
        match time {
            _ if !self.withheld.is_empty() => Trust::Lost,
            _ if time >= self.certain_from => Trust::Whole,
            _ => self.trust,
        }
    }

    /// Refuses to go on past the place where something was hidden, for who may have been sent it or
    /// not. Whatever it was, and whether it is among what is watched: else the end would tell of
    /// what is hidden.
    pub fn hid(&self, time: i64) -> Result<(), Error> {
        if time <= self.certain_from { Err(Error::VisibilityChanged) } else { Ok(()) }
    }

    /// Returns the event that the watcher is to be sent.
    pub fn step(&mut self, step: Step) -> Result<Option<EventKind>, Error> {
        let Step { uid, time, was, is, shown } = step;
        let is_known = was && !self.withheld.contains(&uid);
        if is && !shown {
            self.withheld.insert(uid);
        } else {
            self.withheld.remove(&uid);
        }
        let is_removed = is_known && !(is && shown);
        let is_doubtful = self.trust == Trust::Lost || !shown;
        if is_removed && is_doubtful && time <= self.certain_from
            || self.withheld.len() > MOST_WITHHELD
        {
            return Err(Error::VisibilityChanged);
        }
        Ok(match (is_known, is && shown) {
            (false, false) => None,
            (false, true) => Some(EventKind::Added),
            (true, true) => Some(EventKind::Changed),
            (true, false) => Some(EventKind::Removed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sent: &mut Sent, steps: &[(bool, bool, bool)]) -> Vec<Option<EventKind>> {
        let step = |(was, is, shown): &(bool, bool, bool)| {
            let (uid, time) = (Uuid::nil(), 5);
            sent.step(Step { uid, time, was: *was, is: *is, shown: *shown }).unwrap()
        };
        steps.iter().map(step).collect()
    }

    #[test]
    fn what_was_never_sent_is_not_removed() {
        let (added, removed) = (Some(EventKind::Added), Some(EventKind::Removed));
        let late = [(false, true, false), (true, true, false), (true, false, false)];
        assert_eq!(told(&mut Sent::new(Trust::Whole), &late), [None; 3]);
        let sent_before = [(true, true, false), (true, true, false), (true, false, false)];
        assert_eq!(told(&mut Sent::new(Trust::Whole), &sent_before), [removed, None, None]);
        let shown_again = [(false, true, false), (true, true, true), (true, false, true)];
        assert_eq!(told(&mut Sent::new(Trust::Whole), &shown_again), [None, added, removed]);
    }

    #[test]
    fn who_may_not_know_what_was_sent_begins_anew() {
        let hidden = |time| Step { uid: Uuid::nil(), time, was: true, is: false, shown: false };
        let shown = Step { shown: true, ..hidden(5) };
        let looked = |trust| {
            let mut sent = Sent::new(trust);
            sent.look(5);
            sent.look(9);
            sent
        };
        let mut sent = looked(Trust::Listed);

        assert_eq!((sent.trust(4), sent.trust(5)), (Trust::Listed, Trust::Whole));
        assert!(matches!(sent.step(hidden(5)), Err(Error::VisibilityChanged)));
        assert_eq!(sent.step(hidden(6)).unwrap(), Some(EventKind::Removed));
        assert_eq!(sent.step(shown).unwrap(), Some(EventKind::Removed));
        assert!(matches!(looked(Trust::Lost).step(shown), Err(Error::VisibilityChanged)));
        let withheld = Step { is: true, ..hidden(7) };
        assert_eq!(sent.step(withheld).unwrap(), Some(EventKind::Removed));
        assert_eq!(sent.trust(7), Trust::Lost);
    }
}
