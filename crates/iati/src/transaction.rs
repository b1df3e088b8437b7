//! A transaction while it is read.

use formats::Elements;

use crate::activity::{Narrative, Org, RecipientRegion, Sector, Transaction};
use crate::attributes::Attrs;
use crate::codes;
use crate::finding::Rule;
use crate::money::ValueDraft;
use crate::node::Node;
use crate::notes::Notes;
use crate::shares::{self, DayDraft};

const NOT_TAKEN: &str = "the transaction was not taken";

/// A transaction as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct TransactionDraft {
    line: u64,
    ref_: Option<String>,
    humanitarian: Option<bool>,
    type_: Option<String>,
    date: DayDraft,
    value: Option<ValueDraft>,
    description: Vec<Narrative>,
    provider_org: Option<Org>,
    receiver_org: Option<Org>,
    sectors: Vec<Sector>,
    recipient_country: Option<String>,
    recipient_region: Option<RecipientRegion>,
    flow_type: Option<String>,
    finance_type: Option<String>,
    aid_type: Option<String>,
    tied_status: Option<String>,
    pub elements: Elements,
}

impl TransactionDraft {
    pub(crate) fn new(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Self {
        let humanitarian = notes.flag(attrs, "humanitarian", line);
        Self { line, ref_: attrs.text("ref"), humanitarian, ..Self::default() }
    }

    /// Takes the start of a child. False when neither it nor anything below it counts.
    pub(crate) fn start(
        &mut self,
        node: Node,
        attrs: &Attrs<'_>,
        notes: &mut Notes,
        line: u64,
    ) -> bool {
        match node {
            Node::TransactionType => {
                let list = &codes::TRANSACTION_TYPE;
                return shares::set_code(&mut self.type_, attrs, list, notes, line);
            }
            Node::TransactionDate => {
                return self.date.start(attrs, "transaction-date", NOT_TAKEN, notes, line);
            }
            Node::Value if self.value.is_some() => {
                notes.repeated("transaction/value", line);
                return false;
            }
            Node::Value => self.value = Some(ValueDraft::start(attrs, notes, line)),
            Node::ProviderOrg => {
                let org = shares::org(attrs, Some("provider-activity-id"), notes, line);
                return set_org(&mut self.provider_org, org, "provider-org", notes, line);
            }
            Node::ReceiverOrg => {
                let org = shares::org(attrs, Some("receiver-activity-id"), notes, line);
                return set_org(&mut self.receiver_org, org, "receiver-org", notes, line);
            }
            Node::Sector => {
                return shares::put(&mut self.sectors, shares::sector(attrs, notes, line));
            }
            Node::RecipientCountry if self.recipient_country.is_some() => {
                notes.repeated("transaction/recipient-country", line);
                return false;
            }
            Node::RecipientCountry => {
                self.recipient_country = shares::country(attrs, notes, line).map(|it| it.code);
                return self.recipient_country.is_some();
            }
            Node::RecipientRegion if self.recipient_region.is_some() => {
                notes.repeated("transaction/recipient-region", line);
                return false;
            }
            Node::RecipientRegion => {
                self.recipient_region = shares::region(attrs, notes, line);
                return self.recipient_region.is_some();
            }
            _ => return self.start_how(node, attrs, notes, line),
        }
        true
    }

    /// Takes the start of a child that says how the money flows.
    fn start_how(&mut self, node: Node, attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> bool {
        let (place, list) = match node {
            Node::FlowType => (&mut self.flow_type, &codes::FLOW_TYPE),
            Node::FinanceType => (&mut self.finance_type, &codes::FINANCE_TYPE),
            Node::AidType => return shares::set_aid_type(&mut self.aid_type, attrs, notes, line),
            Node::TiedStatus => (&mut self.tied_status, &codes::TIED_STATUS),
            _ => return true,
        };
        shares::set_code(place, attrs, list, notes, line)
    }

    /// Takes the text of `value`.
    pub(crate) fn end_value(&mut self, text: &str, notes: &mut Notes) {
        if let Some(value) = &mut self.value {
            value.end(text, "transaction", notes);
        }
    }

    /// Where the narratives of a child go.
    pub(crate) fn narratives(&mut self, owner: Node) -> Option<&mut Vec<Narrative>> {
        match owner {
            Node::Description => Some(&mut self.description),
            Node::ProviderOrg => self.provider_org.as_mut().map(|org| &mut org.names),
            Node::ReceiverOrg => self.receiver_org.as_mut().map(|org| &mut org.names),
            _ => None,
        }
    }

    /// True when the type code is a letter code of 1.x.
    pub(crate) fn is_version_one(&self) -> bool {
        let code = self.type_.as_deref().unwrap_or_default();
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    }

    /// Gives the transaction if it has all it must have; else findings say what it lacks.
    pub(crate) fn finish(
        self,
        default_currency: Option<&str>,
        notes: &mut Notes,
    ) -> Option<Transaction> {
        let line = self.line;
        let mut lacks = |rule, what: &str, give: &str| {
            notes.add(
                rule,
                line,
                format_args!("the transaction has no {what}; it was not taken; give {give}"),
            );
        };
        if self.type_.is_none() {
            lacks(Rule::TypeMissing, "type", "transaction-type/@code");
        }
        if !self.date.seen {
            lacks(Rule::DateMissing, "date", "transaction-date/@iso-date");
        }
        if self.value.is_none() {
            lacks(Rule::AmountMissing, "value", "value");
        }
        let value = self.value.and_then(|it| it.finish(default_currency, "transaction", notes));
        Some(Transaction {
            ref_: self.ref_,
            type_: self.type_?,
            date: self.date.date?,
            value: value?,
            description: self.description,
            provider_org: self.provider_org,
            receiver_org: self.receiver_org,
            sectors: self.sectors,
            recipient_country: self.recipient_country,
            recipient_region: self.recipient_region,
            flow_type: self.flow_type,
            finance_type: self.finance_type,
            aid_type: self.aid_type,
            tied_status: self.tied_status,
            humanitarian: self.humanitarian,
            line,
            elements: self.elements,
        })
    }
}

fn set_org(place: &mut Option<Org>, org: Org, element: &str, notes: &mut Notes, line: u64) -> bool {
    if place.is_some() {
        notes.repeated(element, line);
        return false;
    }
    *place = Some(org);
    true
}
