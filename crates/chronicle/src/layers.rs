//! Versions as readers see them who may not read all of their fields.
//!
//! A version that changes nothing that readers of a tier are shown is not there for them: they have
//! the etag and the times of the last one that did. Each row says so itself, for the tiers below
//! SECRET, so that reading one costs no look at another.

use std::borrow::Cow;

use policy::{Clearance, Tier};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::held::Held;
use crate::resource::Resource;

/// A version as it was recorded; once it is read for a reader, as that reader has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<T> {
    /// The resource, whatever its version.
    pub uid: Uuid,
    /// 1, 2, 3, …
    pub revision: i64,
    /// Record time of the first version that the reader may see: since then none was above their
    /// tier.
    pub created: i64,
    /// Record time at which this version was recorded, or the last before it that changed something
    /// for the reader.
    pub recorded: i64,
    /// True for the version that a deletion wrote.
    pub deleted: bool,
    /// Guards a write: equal as long as nobody wrote a version that changes something for the
    /// reader. A keyed hash, so that it tells nothing.
    pub etag: String,
    /// The parts that differ between readers.
    pub layers: Layered,
    /// The value.
    pub value: T,
}

/// The etag of a writer who means to write whatever stands there (RFC 9110, 13.1.1).
const ANY: &str = "*";

impl<T: Resource> Stored<T> {
    /// Refuses a last version that is not the one a writer means: of another etag, if they gave
    /// one that is not `*`; or deleted where it should stand, and the other way round.
    pub fn expect(&self, etag: &str, stands: bool) -> Result<(), Error> {
        let name = || self.value.name().to_owned();
        if !etag.is_empty() && etag != ANY && etag != self.etag {
            return Err(Error::EtagMismatch(name()));
        }
        match (self.deleted, stands) {
            (true, true) => Err(Error::Deleted(name())),
            (false, false) => Err(Error::AlreadyExists(name())),
            _ => Ok(()),
        }
    }
}

/// The tiers whose readers may be shown less than all.
pub(crate) const TIERS: [Tier; 3] = [Tier::Public, Tier::Restricted, Tier::Confidential];

/// A version as readers of one tier have it. What is 0 or empty is that of the version itself: its
/// record time, its etag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct View {
    created: i64,
    recorded: i64,
    etag: String,
}

/// A version as readers of each of [`TIERS`] have it; absent where that is as it is, or where they
/// may not see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Views([Option<View>; 3]);

impl Views {
    /// As a column holds it: empty for almost all versions.
    pub fn text(&self) -> Result<String, Error> {
        if *self == Self::default() {
            return Ok(String::new());
        }
        serde_json::to_string(self).map_err(|error| Error::Corrupt(error.to_string()))
    }

    /// Reads a column.
    pub fn of(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(text).map_err(|error| Error::Corrupt(format!("views: {error}")))
    }

    fn at(&self, tier: Tier) -> Option<&View> {
        let place = TIERS.iter().position(|known| *known == tier)?;
        self.0[place].as_ref()
    }
}

/// A version as it was recorded, whatever its reader is shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    created: i64,
    recorded: i64,
    etag: String,
    views: Views,
    /// Of the reader.
    level: Tier,
}

/// The parts of a version that differ between its readers: none, for almost all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layered(Option<Box<Own>>);

impl Layered {
    /// The same for all.
    pub const NONE: Self = Self(None);

    /// The tier for whose readers the version was read.
    pub(crate) fn level(&self) -> Tier {
        self.0.as_ref().map_or(Tier::Secret, |own| own.level)
    }
}

impl<V> Stored<V> {
    /// Takes note of how the readers of each tier have this version, of which all is known.
    pub(crate) fn layered(mut self, views: Views) -> Self {
        self.layers = Layered((views != Views::default()).then(|| {
            let (created, recorded, etag) = (self.created, self.recorded, self.etag.clone());
            Box::new(Own { created, recorded, etag, views, level: Tier::Secret })
        }));
        self
    }

    /// The version as readers of a tier have it.
    pub(crate) fn seen_at(mut self, level: Tier) -> Self {
        let Some(own) = &mut self.layers.0 else { return self };
        own.level = level;
        let own_or = |time: i64| if time == 0 { own.recorded } else { time };
        (self.created, self.recorded) = (own.created, own.recorded);
        self.etag.clone_from(&own.etag);
        if let Some(view) = own.views.at(level) {
            (self.created, self.recorded) = (own_or(view.created), own_or(view.recorded));
            if !view.etag.is_empty() {
                self.etag.clone_from(&view.etag);
            }
        }
        self
    }

    /// Record time at which the first version was recorded, visible or not.
    pub(crate) fn first_recorded(&self) -> i64 {
        self.layers.0.as_ref().map_or(self.created, |own| own.created)
    }
}

impl<V: Held> Stored<V> {
    /// The version as a reader has it.
    pub(crate) fn seen_by(self, clearance: &Clearance) -> Self {
        if self.layers.0.is_none() {
            return self;
        }
        let level = self.value.guard().level(clearance);
        self.seen_at(level)
    }
}

impl<T: Resource> Stored<T> {
    fn before(&self) -> Before<'_> {
        let (created, recorded, etag, views) = match &self.layers.0 {
            Some(own) => (own.created, own.recorded, &own.etag, Cow::Borrowed(&own.views)),
            None => (self.created, self.recorded, &self.etag, Cow::Owned(Views::default())),
        };
        Before { tier: self.value.tier(), created, recorded, etag, views }
    }
}

/// Returns whether two values are the same to a reader of a tier.
pub(crate) fn same<T: Resource>(one: &T, other: &T, level: Tier) -> bool {
    if T::LAYERED { one.shown_at(level) == other.shown_at(level) } else { one == other }
}

/// The version before another, as far as that one follows from it.
struct Before<'a> {
    tier: Tier,
    created: i64,
    recorded: i64,
    etag: &'a str,
    views: Cow<'a, Views>,
}

/// The parts of a new version that readers of each tier can see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layers {
    /// The lowest tier whose readers notice it, be it that the resource is gone for them.
    pub seen: Tier,
    /// The lowest tier whose readers see it as a version of its own.
    pub shown: Tier,
    /// How readers have it.
    pub views: Views,
}

impl Layers {
    /// Of the version with a value that follows another; `turned`: it is deleted and the other was
    /// not, or the other way round.
    pub fn of<T: Resource>(before: Option<&Stored<T>>, value: &T, turned: bool) -> Self {
        let tier = value.tier();
        let Some(stored) = before else {
            return Self { seen: tier, shown: tier, views: Views::default() };
        };
        let before = stored.before();
        // Where no field lies above the others, a reader who sees the resource sees every change of
        // it.
        let differs = |level| turned || !T::LAYERED || !same(&stored.value, value, level);
        let noticed = |level: Tier| match (before.tier <= level, tier <= level) {
            (true, true) => differs(level),
            (was, is) => was != is,
        };
        let lowest = |is: &dyn Fn(Tier) -> bool| {
            TIERS.into_iter().find(|level| is(*level)).unwrap_or(Tier::Secret)
        };
        let views = TIERS.map(|level| before.next(level, tier <= level, noticed(level)));
        Self {
            seen: lowest(&noticed),
            shown: lowest(&|level| tier <= level && noticed(level)),
            views: Views(views),
        }
    }
}

impl Before<'_> {
    /// How readers of a tier have the next version, which they may see or not, and notice or not.
    fn next(&self, level: Tier, is_seen: bool, is_noticed: bool) -> Option<View> {
        let (was_seen, view) = (self.tier <= level, self.views.at(level));
        let own_or = |time: i64| if time == 0 { self.recorded } else { time };
        // When they first saw the resource, since it was last hidden from them.
        let created = match (was_seen, view) {
            (true, Some(view)) => own_or(view.created),
            (true, None) => self.created,
            (false, _) => 0,
        };
        match (is_seen, is_noticed) {
            (false, _) => None,
            (true, true) if created == self.created => None,
            (true, true) => Some(View { created, ..View::default() }),
            (true, false) => Some(View {
                created,
                recorded: view.map_or(self.recorded, |view| own_or(view.recorded)),
                etag: view
                    .filter(|view| !view.etag.is_empty())
                    .map_or(self.etag, |view| &view.etag)
                    .to_owned(),
            }),
        }
    }
}
