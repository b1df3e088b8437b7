//! Resources and messages as they were known on a day.

use std::collections::BTreeSet;

use api::standard::Standard;
use chassis::failure::Failure;
use chronicle::{Error, Reader};
use facts::Day;

use crate::Served;
use crate::checked::Checked;
use crate::failure::refused;
use crate::known::{Known, sources};
use crate::records::{Records, reader};

/// Adds the names of the sources that a resource names; a source names itself.
pub(crate) fn cite<M: Checked + Standard>(message: &M, all: &mut BTreeSet<String>) {
    let mut names = Vec::new();
    message.refer("", &mut names);
    sources(names.into_iter().map(|one| one.name).chain([message.name().to_owned()]), all);
}

/// Keeps of a resource what was known; false where it was not known itself.
pub(crate) fn keep<M: Checked + Standard>(message: &mut M, known: &Known) -> bool {
    known.names(message.name()) && message.keep(known)
}

impl Records {
    /// Returns of these resources, as they stood at a record time, what was known on a day; all of
    /// it where no day is asked for. One question for the sources of all.
    pub async fn known<M: Checked + Standard>(
        &self,
        mut messages: Vec<M>,
        known_by: Option<Day>,
        read_time: i64,
    ) -> Result<Vec<M>, Failure> {
        let Some(day) = known_by else { return Ok(messages) };
        let mut named = BTreeSet::new();
        for message in &messages {
            cite(message, &mut named);
        }
        let known = self.references.known(named, day, read_time, &reader()).await?;
        messages.retain_mut(|message| keep(message, &known));
        Ok(messages)
    }

    /// As [`Records::known`], of what is to be sent.
    pub(crate) async fn known_of<T: Served>(
        &self,
        sent: Vec<T::Sent>,
        known_by: Option<Day>,
        read_time: i64,
        reader: &Reader,
    ) -> Result<Vec<T::Sent>, Failure> {
        let Some(day) = known_by else { return Ok(sent) };
        let corrupt = |error| refused::<T>(Error::Corrupt(error));
        let mut named = BTreeSet::new();
        for one in &sent {
            T::cite(one, &mut named).map_err(corrupt)?;
        }
        let known = self.references.known(named, day, read_time, reader).await?;
        let kept = sent.into_iter().map(|one| T::keep(one, &known)).filter_map(Result::transpose);
        kept.collect::<Result<_, _>>().map_err(corrupt)
    }
}
