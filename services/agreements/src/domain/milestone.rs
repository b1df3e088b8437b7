//! The events of an agreement, and which of several accounts of it is followed.

mod needs;

use std::collections::HashMap;

use api::registan::agreements::v1 as wire;
pub use api::registan::agreements::v1::milestone::Measure;
use chronicle::fold;
use facts::vocabulary::Vocabulary;
use facts::wire::checked_date;
use facts::{Confidence, PartialDate, vocabulary};

pub use self::needs::unfounded;
use super::citation::{self, Cited};
use super::state::{State, leads_to};

/// The most parts that the citations of an agreement are read as. Those beyond are kept as words,
/// of which it is not known what they cover.
const MAX_PARTS: usize = 10_000;

vocabulary! {
    /// The kind of an event.
    MilestoneKind {
        /// The Council authorised negotiations.
        Mandated = 1 "MANDATED",
        /// Negotiations were launched, or the first round was held.
        NegotiationsOpened = 2 "NEGOTIATIONS_OPENED",
        /// Negotiations were paused.
        NegotiationsPaused = 3 "NEGOTIATIONS_PAUSED",
        /// Negotiations went on.
        NegotiationsResumed = 4 "NEGOTIATIONS_RESUMED",
        /// Negotiations ended in agreement.
        NegotiationsConcluded = 5 "NEGOTIATIONS_CONCLUDED",
        /// The chief negotiators initialled the text.
        Initialled = 6 "INITIALLED",
        /// The Council decided to sign.
        SignatureDecided = 7 "SIGNATURE_DECIDED",
        /// It was signed.
        Signed = 8 "SIGNED",
        /// The Council asked the European Parliament for consent.
        ConsentRequested = 9 "CONSENT_REQUESTED",
        /// The Parliament did not give consent, or under conditions not yet met.
        ConsentWithheld = 10 "CONSENT_WITHHELD",
        /// The Parliament gave consent.
        ConsentGiven = 11 "CONSENT_GIVEN",
        /// A party ratified it.
        Ratified = 12 "RATIFIED",
        /// A party notified the depositary.
        Notified = 13 "NOTIFIED",
        /// The Council concluded it for the Union.
        ConcludedByCouncil = 14 "CONCLUDED_BY_COUNCIL",
        /// Provisional application began.
        ProvisionallyApplied = 15 "PROVISIONALLY_APPLIED",
        /// It entered into force.
        InForce = 16 "IN_FORCE",
        /// It was suspended in whole or in part.
        Suspended = 17 "SUSPENDED",
        /// The suspension ended.
        SuspensionLifted = 18 "SUSPENSION_LIFTED",
        /// It was amended.
        Amended = 19 "AMENDED",
        /// It was renewed or extended.
        Renewed = 20 "RENEWED",
        /// It was denounced.
        Terminated = 21 "TERMINATED",
        /// It ended by its own terms.
        Expired = 22 "EXPIRED",
        /// Another took its place.
        Replaced = 23 "REPLACED",
        /// It was given up after signature.
        Withdrawn = 24 "WITHDRAWN",
        /// A conference or an organisation adopted its text.
        Adopted = 25 "ADOPTED",
        /// It was opened for signature.
        OpenedForSignature = 26 "OPENED_FOR_SIGNATURE",
    }
}

impl MilestoneKind {
    /// Returns whether it can happen more than once, so that several are several events and not
    /// several accounts of one.
    pub const fn repeats(self) -> bool {
        matches!(
            self,
            Self::NegotiationsPaused
                | Self::NegotiationsResumed
                | Self::Suspended
                | Self::SuspensionLifted
                | Self::Amended
                | Self::Renewed
                | Self::ConsentWithheld
        )
    }

    /// Returns whether an agreement ends by it.
    pub fn ends(self) -> bool {
        leads_to(self).is_some_and(State::ended)
    }

    /// Its place in the life of an agreement, for what comes in one order: it cannot come before
    /// what has a lower place. A provisional application can: it is agreed on for a day before the
    /// signature.
    const fn place(self) -> Option<u8> {
        match self {
            Self::Mandated => Some(1),
            Self::NegotiationsOpened => Some(2),
            Self::NegotiationsConcluded => Some(3),
            Self::Initialled | Self::Adopted => Some(4),
            Self::SignatureDecided | Self::OpenedForSignature => Some(5),
            Self::Signed => Some(6),
            Self::ProvisionallyApplied => Some(7),
            Self::InForce => Some(8),
            Self::Terminated | Self::Expired | Self::Replaced | Self::Withdrawn => Some(9),
            _ => None,
        }
    }

    /// Returns whether `later` cannot come before it.
    fn precedes(self, later: Self) -> bool {
        let retroactive = later == Self::ProvisionallyApplied;
        !retroactive && self.place().zip(later.place()).is_some_and(|(one, two)| one < two)
    }
}

/// Something that happened to an agreement, as the rules ask for it; the contract says what each
/// field means.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Milestone {
    pub kind: MilestoneKind,
    pub date: PartialDate,
    pub party: String,
    pub confidence: Option<Confidence>,
    pub preferred: bool,
    pub scope: String,
    pub articles: Vec<String>,
    pub whole: bool,
    pub measure: Measure,
    /// The part of the agreement that it suspends or frees; none where that is only said in words.
    pub part: Option<Cited>,
    /// The number of parts that its citation names: one, unless it is one of several.
    pub of_parts: usize,
    /// True where it is not known whether it was known by the day that is asked for. Its date is
    /// then open: it has not surely happened.
    pub perhaps: bool,
}

impl Milestone {
    /// Returns something that happened on a day, of which no more is known.
    pub const fn new(kind: MilestoneKind, date: PartialDate) -> Self {
        Self {
            kind,
            date,
            party: String::new(),
            confidence: None,
            preferred: false,
            scope: String::new(),
            articles: Vec::new(),
            whole: false,
            measure: Measure::Unspecified,
            part: None,
            of_parts: 1,
            perhaps: false,
        }
    }

    /// Returns the milestones in messages, each at its place. Every message that was recorded is
    /// one.
    pub fn each(messages: &[wire::Milestone]) -> Vec<Self> {
        messages.iter().filter_map(Self::of).collect()
    }

    /// Returns the milestones in messages, a suspension or a lifting of several articles as one of
    /// each article: each begins and ends by itself. The article, as it is cited, is then the
    /// scope.
    pub fn all(messages: &[wire::Milestone]) -> Vec<Self> {
        let mut all = Vec::new();
        for milestone in messages.iter().filter_map(Self::of) {
            milestone.add_parts(&mut all);
        }
        all
    }

    fn add_parts(mut self, all: &mut Vec<Self>) {
        let is_break =
            matches!(self.kind, MilestoneKind::Suspended | MilestoneKind::SuspensionLifted);
        if !is_break || self.articles.is_empty() {
            // Words that are a citation are of the part that it names.
            let cited = citation::read(&self.scope).filter(|cited| is_break && cited.len() == 1);
            self.part = cited.and_then(|mut cited| cited.pop());
            all.push(self);
            return;
        }
        for article in std::mem::take(&mut self.articles) {
            let of = |part: Option<Cited>, of_parts| Self {
                scope: article.clone(),
                articles: vec![article.clone()],
                part,
                of_parts,
                ..self.clone()
            };
            match citation::read(&article) {
                Some(cited) if all.len() + cited.len() <= MAX_PARTS => {
                    let of_parts = cited.len();
                    all.extend(cited.into_iter().map(|part| of(Some(part), of_parts)));
                }
                _ => all.push(of(None, 1)),
            }
        }
    }

    /// The part that it is of, in words: as it is cited where it is all of that.
    pub fn part_in_words(&self) -> String {
        match &self.part {
            Some(part) if self.of_parts > 1 => part.to_string(),
            _ => self.scope.clone(),
        }
    }

    /// The citations of what it covers: its articles, else its scope.
    pub fn cites(&self) -> impl Iterator<Item = &str> {
        let scope = (!self.scope.is_empty() && self.articles.is_empty()).then_some(&self.scope);
        self.articles.iter().chain(scope).map(String::as_str)
    }

    /// Returns the milestone in a message; nothing where its kind or its date is none.
    fn of(message: &wire::Milestone) -> Option<Self> {
        let date = checked_date(message.date.as_ref())?;
        let perhaps = message.perhaps_known;
        Some(Self {
            kind: MilestoneKind::from_number(message.kind)?,
            date: if perhaps { date.opened() } else { date },
            perhaps,
            party: message.party.clone(),
            confidence: Confidence::from_number(message.confidence),
            preferred: message.preferred,
            scope: message.scope.clone(),
            articles: message.articles.clone(),
            whole: message.whole,
            measure: message.measure(),
            part: None,
            of_parts: 1,
        })
    }

    /// Returns whether it suspends a part only.
    pub fn suspends_a_part(&self) -> bool {
        self.kind == MilestoneKind::Suspended && !self.scope.is_empty()
    }

    /// Returns whether it says which suspension it ends: that of a part, or all.
    pub fn lifts_by_name(&self) -> bool {
        self.kind == MilestoneKind::SuspensionLifted && (self.whole || !self.scope.is_empty())
    }

    /// Returns whether it ends the suspension of a part only.
    pub fn lifts_a_part(&self) -> bool {
        self.lifts_by_name() && !self.whole
    }

    /// The part that it is of, after what that lies within: first the whole agreement, then the
    /// article, then its paragraph. Parts of one name are one, in whatever spelling.
    pub fn within(&self) -> Vec<Within> {
        let mut within = vec![Within::Whole];
        match &self.part {
            Some(part) => within.extend(part.around().map(Within::Part)),
            None if self.scope.is_empty() => {}
            None => within.push(Within::Words(fold(&self.scope))),
        }
        within
    }

    /// Returns whether `later` cannot come before it. The act of one party comes before what is its
    /// own, and need not before the others'.
    pub fn precedes(&self, later: &Self) -> bool {
        let theirs = self.party.is_empty() || self.party == later.party;
        theirs && self.kind.precedes(later.kind)
    }

    /// Returns whether both are accounts of one event: one kind, one party, and not of what can
    /// happen again.
    pub fn is_same_event(&self, other: &Self) -> bool {
        self.kind == other.kind && self.party == other.party && !self.kind.repeats()
    }
}

/// The agreement or a part of it, as the object of a suspension or a lifting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    /// The agreement as a whole.
    Whole,
    /// A part of it that is cited.
    Part(Cited),
    /// A part of it in words, folded.
    Words(String),
}

/// Returns the problem with what a milestone says that it covers, by field; nothing where it can.
pub fn misplaced_scope(milestone: &wire::Milestone) -> Vec<(&'static str, &'static str)> {
    use wire::milestone::Kind::{ProvisionallyApplied, Suspended, SuspensionLifted};
    let kind = milestone.kind();
    let has_scope = matches!(kind, Suspended | SuspensionLifted | ProvisionallyApplied);
    let of_parts =
        "must be empty: only SUSPENDED, SUSPENSION_LIFTED and PROVISIONALLY_APPLIED have it";
    let is_part = !milestone.scope.is_empty() || !milestone.articles.is_empty();
    [
        (!milestone.scope.is_empty() && !has_scope, "scope", of_parts),
        (!milestone.articles.is_empty() && !has_scope, "articles", of_parts),
        (
            milestone.whole && (kind != SuspensionLifted || is_part),
            "whole",
            "must be false: only a SUSPENSION_LIFTED without scope and articles is of the whole",
        ),
        (
            milestone.measure != 0 && kind != Suspended,
            "measure",
            "must be empty: only SUSPENDED has a measure",
        ),
        (
            milestone.measure() == Measure::Cooperation && kind == Suspended && !is_part,
            "measure",
            "must not be COOPERATION of the whole agreement: say in `scope` what is suspended",
        ),
    ]
    .into_iter()
    .filter_map(|(is_wrong, field, problem)| is_wrong.then_some((field, problem)))
    .collect()
}

/// When it was signed, by the account that is followed.
pub fn signed(milestones: &[Milestone]) -> Option<&PartialDate> {
    signature(&followed(milestones)).map(|one| &one.date)
}

/// The signature, of milestones that are followed: that of all, else the last of the parties', for
/// only then have all signed. What was in force before a signature was signed by those before it.
pub fn signature<'a>(followed: &[&'a Milestone]) -> Option<&'a Milestone> {
    let of = |kind| followed.iter().copied().filter(move |one| one.kind == kind);
    if let Some(of_all) = of(MilestoneKind::Signed).find(|one| one.party.is_empty()) {
        return Some(of_all);
    }
    let begun = of(MilestoneKind::InForce).map(|one| one.date.latest()).min();
    let joins = |one: &Milestone| begun.is_some_and(|begun| begun < one.date.earliest());
    let ends = |one: &Milestone| (one.date.latest(), one.date.earliest());
    of(MilestoneKind::Signed).max_by_key(|one| (!joins(one), ends(one)))
}

/// The milestones to follow: of several accounts of one event one that was surely known, of these
/// the preferred one, else the most trusted, else the first; of what can happen again all.
pub fn followed(milestones: &[Milestone]) -> Vec<&Milestone> {
    let mut chosen: Vec<&Milestone> = Vec::new();
    let mut places: HashMap<(MilestoneKind, &str), usize> = HashMap::new();
    for milestone in milestones {
        let next = chosen.len();
        let place = if milestone.kind.repeats() {
            next
        } else {
            *places.entry((milestone.kind, &milestone.party)).or_insert(next)
        };
        match chosen.get(place) {
            None => chosen.push(milestone),
            Some(rival) if rank(milestone) < rank(rival) => chosen[place] = milestone,
            Some(_) => {}
        }
    }
    chosen
}

/// Lower is better.
fn rank(milestone: &Milestone) -> (bool, bool, Confidence) {
    (milestone.perhaps, !milestone.preferred, milestone.confidence.unwrap_or(Confidence::Unsure))
}

/// The pairs of milestones that certainly stand in the wrong order, by their places in the list:
/// the first of a pair cannot come after the second, and does. Of several accounts only the one
/// that is followed counts.
pub fn misplaced(milestones: &[Milestone]) -> Vec<(usize, usize)> {
    let followed = followed(milestones);
    let place = |one: &Milestone| milestones.iter().position(|other| std::ptr::eq(one, other));
    let wrong = |first: &Milestone, second: &Milestone| {
        first.precedes(second) && first.date.earliest() > second.date.latest()
    };
    let mut pairs = Vec::new();
    for first in &followed {
        for second in followed.iter().filter(|second| wrong(first, second)) {
            pairs.extend(place(first).zip(place(second)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests;
