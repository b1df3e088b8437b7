//! Statements about the acts of single parties, wherever they are recorded: ratifications,
//! milestones, participations.

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1 as value;
use facts::Day;
use wire::entry_into_force_rule::Event;
use wire::ledger_entry::Evidence;

use super::span::Span;
use super::unions::Unions;

/// A step towards being bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The party acted by its own law.
    Law,
    /// It acted towards the others.
    Act,
    /// It had not acted yet.
    NotYet,
    /// It took its act back.
    Withdrawal,
}

/// A statement about one party.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The step that it says of the party.
    pub stage: Stage,
    /// When.
    pub span: Span,
    /// True unless the rule for the entry into force counts from another act: from the deposit,
    /// where this is a notification, or the other way round.
    pub counts: bool,
    /// The entry of the answer that rests on it.
    pub entry: wire::LedgerEntry,
    /// Lower is followed, where several say the same of a party.
    rank: (bool, i32, bool, i32),
}

impl Fact {
    fn new(stage: Stage, span: Span, preferred: bool, entry: wire::LedgerEntry) -> Self {
        let doubt = if entry.confidence == 0 { i32::MAX } else { entry.confidence };
        let rank = (false, entry.evidence, !preferred, doubt);
        Self { stage, span, counts: true, rank, entry }
    }

    fn counting(self, counts: bool) -> Self {
        let (_, evidence, preferred, doubt) = self.rank;
        Self { counts, rank: (!counts, evidence, preferred, doubt), ..self }
    }

    /// Returns the one to follow of those of a stage: one of the act that the rule counts, of them
    /// a ratification, else a milestone, else a participation; of several the preferred, else the
    /// most trusted, else the first.
    pub fn followed<'a>(facts: &[&'a Self], stage: Stage) -> Option<&'a Self> {
        let of_stage = facts.iter().copied().filter(|fact| fact.stage == stage);
        of_stage.min_by_key(|fact| fact.rank)
    }
}

/// Returns all statements about the acts of single parties. Of `unions`, the Union and the
/// Communities, one concludes where a milestone does not say who.
pub fn facts(
    agreement: &wire::Agreement,
    ratifications: &[wire::Ratification],
    unions: &Unions,
) -> Vec<Fact> {
    let own = |it: &&wire::AgreementParty| unions.has(&it.party);
    let union = agreement.parties.iter().find(own).map_or("", |it| &it.party);
    let rule = agreement.entry_into_force.as_ref();
    let event = rule.map_or(Event::Unspecified, wire::EntryIntoForceRule::event);
    let mut all: Vec<Fact> = ratifications.iter().flat_map(|it| ratification(it, event)).collect();
    let milestones = agreement.milestones.iter();
    let then = |it: &wire::Milestone| {
        let span = Span::of(it.date.as_ref());
        let on = |span: Span| if of_parliament(it).is_some() { span.latest } else { span.earliest };
        unions.acting(union, span.map_or(Day::FIRST, on))
    };
    all.extend(milestones.filter_map(|it| milestone(it, then(it), event)));
    all.extend(agreement.participations.iter().filter_map(participation));
    all
}

/// The act towards the others that a rule counts: of both dates the one that it names.
fn counted(it: &wire::Ratification, event: Event) -> Option<&value::PartialDate> {
    match event {
        Event::LastNotification => it.notified.as_ref(),
        Event::LastDeposit | Event::NthDeposit => it.deposited.as_ref(),
        Event::Unspecified => it.deposited.as_ref().or(it.notified.as_ref()),
    }
}

fn ratification(it: &wire::Ratification, event: Event) -> Vec<Fact> {
    use wire::ratification::Kind;
    let fact = |stage, span: Span, date: Option<&value::PartialDate>| {
        let entry = wire::LedgerEntry {
            party: it.party.clone(),
            kind: it.kind,
            date: date.cloned(),
            evidence: Evidence::Ratification.into(),
            ratification: it.name.clone(),
            source: it.source.clone(),
            confidence: it.confidence,
            territories: it.territories.clone(),
            ..wire::LedgerEntry::default()
        };
        Fact::new(stage, span, false, entry)
    };
    let signs = it.kind() == Kind::SignatureWithoutRatification;
    let withdraws = it.kind() == Kind::Withdrawal;
    let own = it.acted.as_ref();
    let counted = counted(it, event);
    let towards = counted.or(it.deposited.as_ref()).or(it.notified.as_ref());
    let counts = counted.is_some() || towards.is_none() || signs || withdraws;
    let towards = towards.or_else(|| own.filter(|_| signs || withdraws));
    let stage = if withdraws { Stage::Withdrawal } else { Stage::Act };
    if it.kind() == Kind::NotYet {
        let stated = it.stated.as_ref();
        return Span::of(stated)
            .map(|span| fact(Stage::NotYet, span, stated))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    let act = Span::of(towards).map(|span| fact(stage, span, towards).counting(counts));
    found.extend(act);
    if !(signs || withdraws) {
        found.extend(Span::of(own).map(|span| fact(Stage::Law, span, own)));
    }
    if found.is_empty() {
        let by = Span::of(it.stated.as_ref()).map_or(Day::LAST, |stated| stated.latest);
        found.push(fact(stage, Span::by(by), None));
    }
    found
}

/// Returns what a milestone says of the consent of the European Parliament, without which the
/// Council does not conclude (TFEU Article 218(6)): on its day the Union had not acted.
fn of_parliament(it: &wire::Milestone) -> Option<&'static str> {
    use wire::milestone::Kind;
    match it.kind() {
        Kind::ConsentWithheld => Some("the European Parliament withheld its consent"),
        Kind::ConsentGiven => Some("the European Parliament gave its consent then"),
        _ => None,
    }
}

/// Milestones that name no party are of nobody in particular, but for what the Union did.
fn milestone(it: &wire::Milestone, union: &str, event: Event) -> Option<Fact> {
    use wire::milestone::Kind;
    use wire::ratification::Kind as Act;
    let (stage, kind) = match it.kind() {
        Kind::Ratified => (Stage::Law, Act::Ratification),
        Kind::ConcludedByCouncil => (Stage::Law, Act::Approval),
        Kind::Notified => (Stage::Act, Act::NotificationOfCompletion),
        _ if of_parliament(it).is_some() => (Stage::NotYet, Act::NotYet),
        _ => return None,
    };
    let is_own = stage == Stage::NotYet || it.kind() == Kind::ConcludedByCouncil;
    let party = if is_own && it.party.is_empty() { union } else { &it.party };
    let entry = wire::LedgerEntry {
        party: party.to_owned(),
        kind: kind.into(),
        date: it.date.clone(),
        evidence: Evidence::Milestone.into(),
        reason: of_parliament(it).unwrap_or_default().to_owned(),
        source: it.source.clone(),
        confidence: it.confidence,
        ..wire::LedgerEntry::default()
    };
    let span = Span::of(it.date.as_ref()).filter(|_| !party.is_empty())?;
    let counts = !matches!(event, Event::LastDeposit | Event::NthDeposit);
    Some(Fact::new(stage, span, it.preferred, entry).counting(counts || stage != Stage::Act))
}

/// Signed and not bound, or no party: as of the day that the source gives, else the day of the
/// signature. Nothing is known of the days after it.
fn participation(it: &wire::Participation) -> Option<Fact> {
    use wire::participation::Kind;
    use wire::ratification::Kind as Act;
    let (stage, kind) = match it.kind() {
        Kind::Unspecified => return None,
        Kind::Signed | Kind::NotParty => (Stage::NotYet, Act::NotYet),
        Kind::Withdrawn => (Stage::Withdrawal, Act::Withdrawal),
        Kind::Party => (Stage::Act, Act::Unspecified),
        Kind::Ratified => (Stage::Act, Act::Ratification),
        Kind::Acceded => (Stage::Act, Act::Accession),
        Kind::Succeeded => (Stage::Act, Act::Succession),
    };
    let stated = Span::of(it.stated.as_ref());
    let (span, date) = if stage == Stage::NotYet {
        let date = it.stated.as_ref().or(it.date.as_ref());
        (Span::of(date)?, date.cloned())
    } else {
        let by = Span::by(stated.map_or(Day::LAST, |stated| stated.latest));
        (Span::of(it.date.as_ref()).unwrap_or(by), it.date.clone())
    };
    let entry = wire::LedgerEntry {
        party: it.party.clone(),
        kind: kind.into(),
        date,
        evidence: Evidence::Participation.into(),
        source: it.source.clone(),
        confidence: it.confidence,
        ..wire::LedgerEntry::default()
    };
    Some(Fact::new(stage, span, it.preferred, entry))
}
