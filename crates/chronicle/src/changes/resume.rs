//! Where a watcher stands, and the tokens that say so.

use facts::ErrorReason;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Chronicle;
use crate::error::Error;
use crate::held::Held;
use crate::lane::Lane;
use crate::limited::Limited;
use crate::mark::Mark;
use crate::read::argument;
use crate::reader::Reader;
use crate::resource::Resource;
use crate::sent::Trust;
use crate::watched;

/// How long a resume token is good for after a change that its holder missed, in microseconds:
/// seven days.
pub const RETENTION: i64 = 7 * 24 * 3_600_000_000;

/// Where a watcher stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// In the snapshot of an instant, after a resource.
    Snapshot(Mark, Uuid),
    /// At a change that hid or showed what resources lie within: among these, after one.
    Within(Mark, Turn, Uuid),
    /// After a change.
    Changes(Mark),
}

impl Place {
    /// The mark of what had happened at that place.
    pub const fn mark(&self) -> &Mark {
        let (Self::Snapshot(mark, _) | Self::Within(mark, ..) | Self::Changes(mark)) = self;
        mark
    }

    /// The instant up to which nothing more is to come.
    pub const fn through(&self) -> i64 {
        match self {
            Self::Within(mark, ..) => mark.time - 1,
            Self::Snapshot(mark, _) | Self::Changes(mark) => mark.time,
        }
    }
}

/// A change of the parent of resources, by which they were hidden or shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub parent: String,
    pub shown: bool,
}

/// The content of a resume token.
#[derive(Serialize, Deserialize)]
pub(super) struct Resume {
    pub place: Place,
    pub trust: Trust,
    /// When it was given, in microseconds since 1970 UTC; with a list: the instant of the list, so
    /// that the same list gives the same token.
    issued: i64,
    /// Filter and parent, as [`arguments`] gives them.
    arguments: [i64; 2],
    /// A hash of what its holder may read; nothing in one of a version before.
    #[serde(default)]
    clearance: Option<i64>,
}

impl Chronicle {
    /// The token from which a watch goes on after a list. Whether all pages were read, and when, is
    /// not known.
    pub(crate) fn resume_token_of_list<T: Resource>(
        &self,
        arguments: [i64; 4],
        mark: Mark,
        reader: &Reader,
    ) -> Result<String, Error> {
        let issued = mark.time;
        self.resume_token::<T>(arguments, Place::Changes(mark), (Trust::Listed, issued), reader)
    }

    /// The token from which a watch goes on at a place.
    pub(super) fn resume_token<T: Resource>(
        &self,
        arguments: [i64; 4],
        place: Place,
        (trust, issued): (Trust, i64),
        reader: &Reader,
    ) -> Result<String, Error> {
        let [filter, _, _, parent] = arguments;
        let (arguments, clearance) = ([filter, parent], Some(readable::<T>(reader)));
        let resume = Resume { place, trust, issued, arguments, clearance };
        self.keys.seal(&format!("watch {}", T::KIND), &resume)
    }

    /// Opens a token. Refused where its holder could read other things than who brings it: it is
    /// not known which of these were sent.
    pub(super) fn resume<T: Resource>(
        &self,
        arguments: [i64; 4],
        token: &str,
        reader: &Reader,
    ) -> Result<Resume, Error> {
        let resume: Resume =
            self.keys.open(&format!("watch {}", T::KIND), "resume_token", token)?;
        let [filter, _, _, parent] = arguments;
        let [of_filter, of_parent] = &resume.arguments;
        let other = [("filter", *of_filter != filter), ("parent", *of_parent != parent)];
        let changed = other.iter().find(|(_, differs)| *differs).map(|(argument, _)| argument);
        if let Some(argument) = changed {
            let message = format!(
                "`{argument}` differs from that of the token; start again without resume_token"
            );
            return Err(Error::invalid("resume_token", ErrorReason::ResumeTokenMismatch, message));
        }
        if resume.clearance.is_some_and(|of_token| of_token != readable::<T>(reader)) {
            return Err(Error::VisibilityChanged);
        }
        Ok(resume)
    }

    /// Returns the mark of a token that was given too long ago, if anything has happened since.
    pub(super) fn doubtful(&self, resume: &Resume) -> Option<Mark> {
        let is_old = resume.issued < self.now() - RETENTION;
        is_old.then(|| resume.place.mark().clone())
    }

    /// Refuses a mark after which something happened too long ago that the reader could notice.
    /// What they could not is of no account: else an answer would tell of it.
    pub(super) async fn expect_kept<V: Held>(
        &self,
        mark: &Mark,
        reader: &Reader,
    ) -> Result<(), Error> {
        let missed = watched::noticed::<V>(reader, mark.time, self.now() - RETENTION);
        let _turn = self.turn(Lane::Stream).await;
        let missed = self.ask(Lane::Stream, &Limited(&missed)).await?;
        if missed.is_empty() { Ok(()) } else { Err(Error::TokenExpired) }
    }
}

/// A hash of what a reader may read of a resource, and of what it lies within.
fn readable<T: Resource>(reader: &Reader) -> i64 {
    let collection = T::PATTERN.split('/').next().unwrap_or_default();
    argument(&reader.clearance.of_collection(collection))
}
