//! An activity while it is read: values go in as elements start and end, in any order.

mod count;
mod start;

use std::collections::HashSet;

use formats::{Census, Elements, Finding};
use sha2::{Digest, Sha256};

use crate::Event;
use crate::activity::{Activity, Narrative, Transaction};
use crate::attributes::Attrs;
use crate::budget::BudgetDraft;
use crate::check;
use crate::finding::Rule;
use crate::limits::{MAX_ACTIVITY_ITEMS, MAX_ACTIVITY_TEXT, PART_TEXT, PART_TRANSACTIONS};
use crate::node::Node;
use crate::notes::Notes;
use crate::shares;
use crate::text::{Odd, clean, shown};
use crate::transaction::TransactionDraft;
use crate::version::Version;

/// Identifiers seen in a file, as 16 bytes of their SHA-256 each.
pub(crate) type Seen = HashSet<[u8; 16]>;

/// How much is held: bytes of texts, and parts such as transactions and narratives.
#[derive(Default)]
struct Held {
    text: usize,
    items: usize,
}

/// An activity as far as it was read.
pub(crate) struct Draft {
    activity: Activity,
    pub notes: Notes,
    transaction: Option<TransactionDraft>,
    budget: Option<BudgetDraft>,
    /// Why the activity is not delivered. Once set, only its identifier is read.
    skip: Option<Finding>,
    version: Version,
    looks_version_one: bool,
    has_narrative: bool,
    /// The parts that are held of it besides transactions.
    own: Held,
    /// The parts that are held of transactions: those that were delivered are not.
    of_transactions: Held,
    /// How many parts were delivered.
    parts: usize,
    /// True if a text in one of them named no language.
    lacks_language: bool,
    /// Elements that were taken note of and are not delivered.
    lost: Elements,
}

impl Draft {
    pub(crate) fn new(attrs: &Attrs<'_>, lang: Option<&str>, version: Version, line: u64) -> Self {
        let mut notes = Notes::default();
        let activity = Activity {
            line,
            default_currency: attrs.text("default-currency"),
            default_language: lang.map(str::to_owned),
            hierarchy: start::hierarchy(attrs, &mut notes, line),
            last_updated: attrs.text("last-updated-datetime"),
            humanitarian: notes.flag(attrs, "humanitarian", line),
            ..Activity::default()
        };
        let mut draft = Self {
            activity,
            notes,
            transaction: None,
            budget: None,
            skip: None,
            version: attrs.get("version").map_or(version, |text| version.of_activity(text)),
            looks_version_one: false,
            has_narrative: false,
            own: Held::default(),
            of_transactions: Held::default(),
            parts: 0,
            lacks_language: false,
            lost: Elements::default(),
        };
        if draft.version == Version::One {
            draft.skip_version_one();
        }
        draft
    }

    /// Gives up the activity. What it held is let go; the first reason counts.
    pub(crate) fn skip(&mut self, rule: Rule, line: u64, message: String) {
        if self.skip.is_none() {
            self.skip = Some(rule.at(line, message));
            self.notes = Notes::default();
            self.lose_all();
            self.transaction = None;
            self.budget = None;
            let identifier = std::mem::take(&mut self.activity.identifier);
            let line = self.activity.line;
            self.activity = Activity { identifier, line, ..Activity::default() };
        }
    }

    pub(crate) fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }

    /// Where something of an element is counted.
    fn held(&mut self, node: Node) -> &mut Held {
        let is_of_one = node == Node::Transaction || self.transaction.is_some();
        if is_of_one { &mut self.of_transactions } else { &mut self.own }
    }

    /// Counts bytes of an element that are kept for the activity.
    pub(crate) fn charge(&mut self, node: Node, bytes: usize, line: u64) {
        self.held(node).text += bytes;
        if self.own.text + self.of_transactions.text > MAX_ACTIVITY_TEXT {
            let message = format!(
                "the texts of the activity are longer than {MAX_ACTIVITY_TEXT} bytes; it was \
                 skipped; split it"
            );
            self.skip(Rule::ActivityTooLarge, line, message);
        }
    }

    /// Says what was odd in attribute values.
    pub(crate) fn note_odd(&mut self, odd: &[Odd], line: u64) {
        for odd in odd {
            match odd {
                Odd::Entity(name) => self.note_entity(name, line),
                Odd::Ampersand => self.note_ampersand(line),
                Odd::Control => self.note_control(line),
            }
        }
    }

    pub(crate) fn note_entity(&mut self, name: &str, line: u64) {
        self.notes.add(
            Rule::EntityUnknown,
            line,
            format_args!(
                "the entity {name} is not known to XML; the text was read without it; write the \
                 character itself"
            ),
        );
    }

    pub(crate) fn note_ampersand(&mut self, line: u64) {
        let message = format_args!("an & stands alone; it was read as text; write &amp;");
        self.notes.add(Rule::BareAmpersand, line, message);
    }

    fn note_control(&mut self, line: u64) {
        let message = format_args!("there are control characters; they were left out; remove them");
        self.notes.add(Rule::ControlCharacter, line, message);
    }

    /// Takes the start of an element. False when neither it nor anything below it counts.
    pub(crate) fn start(&mut self, node: Node, attrs: &Attrs<'_>, line: u64) -> bool {
        if node.is_item() {
            self.held(node).items += 1;
            if self.own.items + self.of_transactions.items > MAX_ACTIVITY_ITEMS {
                let message = format!(
                    "the activity has more than {MAX_ACTIVITY_ITEMS} parts; it was skipped; split \
                     it"
                );
                self.skip(Rule::ActivityTooLarge, line, message);
                return false;
            }
        }
        if let Some(transaction) = &mut self.transaction {
            return transaction.start(node, attrs, &mut self.notes, line);
        }
        if let Some(budget) = &mut self.budget {
            return budget.start(node, attrs, &mut self.notes, line);
        }
        match node {
            Node::Transaction => {
                self.transaction = Some(TransactionDraft::new(attrs, &mut self.notes, line));
            }
            Node::Budget => self.budget = Some(BudgetDraft::new(attrs, &mut self.notes, line)),
            Node::Identifier if !self.activity.identifier.is_empty() => {
                self.notes.repeated("iati-identifier", line);
                return false;
            }
            Node::ReportingOrg if self.activity.reporting_org.is_some() => {
                self.notes.repeated("reporting-org", line);
                return false;
            }
            Node::ReportingOrg => {
                let org = shares::org(attrs, None, &mut self.notes, line);
                self.activity.reporting_org = Some(org);
                let flag = self.notes.flag(attrs, "secondary-reporter", line);
                self.activity.is_secondary = flag == Some(true);
            }
            Node::ParticipatingOrg => self.start_participating_org(attrs, line),
            Node::OtherIdentifier => return self.start_other_identifier(attrs, line),
            Node::ActivityDate => return self.start_date(attrs, line),
            Node::RelatedActivity => return self.start_related(attrs, line),
            Node::Result => self.activity.results += 1,
            Node::Indicator => self.activity.indicators += 1,
            _ => return self.start_classification(node, attrs, line),
        }
        true
    }

    /// Takes the end of an element that started at `line`, with its own text.
    pub(crate) fn end(
        &mut self,
        node: Node,
        parent: Node,
        raw: &str,
        lang: Option<&str>,
        line: u64,
    ) {
        let (text, controls) = clean(raw);
        if node == Node::Identifier {
            self.end_identifier(raw, &text, line);
        }
        if self.is_skipped() {
            return;
        }
        if controls {
            self.note_control(line);
        }
        match node {
            Node::Narrative => self.narrative(parent, &text, lang),
            Node::Value => self.end_value(&text),
            Node::Transaction => self.end_transaction(),
            Node::Budget => self.end_budget(),
            _ if node.holds_narratives() && !text.is_empty() => {
                self.looks_version_one = true;
                let message = format_args!(
                    "there is text outside narrative; it was read as one; put it in narrative"
                );
                self.notes.add(Rule::TextOutsideNarrative, line, message);
                self.narrative_of(node, &text, lang);
            }
            _ => {}
        }
    }

    fn end_identifier(&mut self, raw: &str, text: &str, line: u64) {
        if text.is_empty() || !self.activity.identifier.is_empty() {
            return;
        }
        text.clone_into(&mut self.activity.identifier);
        if raw.trim().len() != raw.len() {
            let message = format_args!(
                "the identifier has spaces around it; it was read without; remove them"
            );
            self.notes.add(Rule::IdentifierSpaces, line, message);
        }
    }

    fn narrative(&mut self, parent: Node, text: &str, lang: Option<&str>) {
        self.has_narrative = true;
        if !text.is_empty() {
            self.narrative_of(parent, text, lang);
        }
    }

    fn narrative_of(&mut self, owner: Node, text: &str, lang: Option<&str>) {
        let place = match &mut self.transaction {
            Some(transaction) => transaction.narratives(owner),
            None => activity_narratives(&mut self.activity, owner),
        };
        if let Some(place) = place {
            place.push(Narrative { lang: lang.map(str::to_owned), text: text.to_owned() });
        }
    }

    fn end_value(&mut self, text: &str) {
        if let Some(transaction) = &mut self.transaction {
            transaction.end_value(text, &mut self.notes);
        } else if let Some(budget) = &mut self.budget {
            budget.end_value(text, &mut self.notes);
        }
    }

    fn end_transaction(&mut self) {
        let Some(mut transaction) = self.transaction.take() else { return };
        self.looks_version_one |= transaction.is_version_one();
        let elements = std::mem::take(&mut transaction.elements);
        let currency = self.activity.default_currency.as_deref();
        match transaction.finish(currency, &mut self.notes) {
            Some(taken) => self.activity.transactions.push(Transaction { elements, ..taken }),
            None => self.lost.append(&elements),
        }
    }

    fn end_budget(&mut self) {
        if let Some(budget) = self.budget.take() {
            let currency = self.activity.default_currency.as_deref();
            self.activity.budgets.extend(budget.finish(currency, &mut self.notes));
        }
    }

    /// Gives the transactions read so far, once they are many: the first time with all that was
    /// read of the activity. Nothing is given of what might turn out to be skipped for what it is.
    pub(crate) fn part(&mut self, seen: &mut Seen) -> Option<Event> {
        let many = self.activity.transactions.len() >= PART_TRANSACTIONS
            || self.of_transactions.text >= PART_TEXT;
        if self.is_skipped() || self.activity.transactions.is_empty() || !many {
            return None;
        }
        if self.parts == 0 {
            self.check_kind();
            self.check_identifier(seen);
            if self.is_skipped() {
                return None;
            }
        }
        self.parts += 1;
        self.of_transactions = Held::default();
        let transactions = std::mem::take(&mut self.activity.transactions);
        self.lacks_language |= check::lack_language(&transactions);
        let elements = std::mem::take(&mut self.activity.elements);
        let (identifier, line) = (self.activity.identifier.clone(), self.activity.line);
        let read = if self.parts == 1 { self.activity.clone() } else { Activity::default() };
        let part = Activity { identifier, line, transactions, elements, ..read };
        Some(Event::Part(Box::new(part)))
    }

    /// Skips an activity that is of a version 1.x, by what was read of it.
    fn check_kind(&mut self) {
        let unnamed_one = self.version == Version::Unknown && self.looks_version_one;
        if unnamed_one && !self.has_narrative {
            self.skip_version_one();
        }
    }

    /// Skips an activity that has no identifier, or that of an earlier one.
    fn check_identifier(&mut self, seen: &mut Seen) {
        let line = self.activity.line;
        if self.activity.identifier.is_empty() {
            let message = "the activity has no iati-identifier; it was skipped, for nothing could \
                           find it again; give it one";
            self.skip(Rule::IdentifierMissing, line, message.to_owned());
        }
        if !self.is_skipped() && !seen.insert(short_hash(&self.activity.identifier)) {
            let message = format!(
                "an activity {} stands earlier in this file; the first counts, this one was \
                 skipped; remove one or name them apart",
                shown(&self.activity.identifier)
            );
            self.skip(Rule::IdentifierDuplicate, line, message);
        }
    }

    /// Gives the activity with its findings, or the one finding that says why it was skipped.
    pub(crate) fn finish(mut self, seen: &mut Seen, census: &mut Census) -> Event {
        let line = self.activity.line;
        if self.parts == 0 {
            self.check_kind();
            self.check_identifier(seen);
        }
        census.lose_all(&self.lost);
        if let Some(mut finding) = self.skip {
            if self.parts > 0 {
                finding.message.push_str("; what stood before in it was taken");
            }
            finding.identifier =
                Some(self.activity.identifier).filter(|identifier| !identifier.is_empty());
            return Event::Finding(finding);
        }
        check::whole(&self.activity, self.lacks_language, &mut self.notes);
        let findings = self.notes.finish(line, &self.activity.identifier);
        Event::Record(Box::new(self.activity), findings)
    }

    fn skip_version_one(&mut self) {
        let message = "the activity is of a version 1.x, which is not read; it was skipped; ask \
                       the publisher for 2.03";
        self.skip(Rule::VersionOne, self.activity.line, message.to_owned());
    }
}

fn activity_narratives(activity: &mut Activity, owner: Node) -> Option<&mut Vec<Narrative>> {
    match owner {
        Node::Title => Some(&mut activity.titles),
        Node::Description => Some(&mut activity.descriptions),
        Node::ReportingOrg => activity.reporting_org.as_mut().map(|org| &mut org.names),
        Node::ParticipatingOrg => {
            activity.participating_orgs.last_mut().map(|it| &mut it.org.names)
        }
        _ => None,
    }
}

fn short_hash(identifier: &str) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(identifier)) {
        *to = from;
    }
    short
}
