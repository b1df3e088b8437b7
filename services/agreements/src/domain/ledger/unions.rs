//! The Union and the Communities before it: when one had ended, and which took its place.

use api::registan::agreements::v1::Party;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

/// The Union and the Communities before it.
#[derive(Clone, Debug, Default)]
pub struct Unions(pub Vec<Party>);

impl Unions {
    fn find(&self, name: &str) -> Option<&Party> {
        self.0.iter().find(|one| one.name == name)
    }

    /// Returns whether a party is one of them.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Returns until when a party existed that had certainly ended by a day.
    pub fn ended(&self, name: &str, day: Day) -> Option<PartialDate> {
        let ended = checked_date(self.find(name)?.ended.as_ref())?;
        (ended.latest() < day).then_some(ended)
    }

    /// Returns a party, or the one in its place where it had ended by a day.
    pub fn acting<'a>(&'a self, name: &'a str, day: Day) -> &'a str {
        self.ended(name, day).and_then(|_| self.follower(name, day)).unwrap_or(name)
    }

    /// Returns the party that stood in the place of one that had ended by a day: of several that
    /// follow it the one that the others follow, too.
    pub fn follower(&self, name: &str, day: Day) -> Option<&str> {
        let follows = |one: &Party, name: &str| one.predecessors.iter().any(|it| it == name);
        let exists = |one: &&Party| self.ended(&one.name, day).is_none();
        let all = || self.0.iter().filter(|one| follows(one, name)).filter(exists);
        let is_first = |one: &&Party| !all().any(|other| follows(one, &other.name));
        all().find(is_first).map(|one| one.name.as_str())
    }
}
