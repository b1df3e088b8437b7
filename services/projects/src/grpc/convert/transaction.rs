//! Transaction ↔ its message.

use api::registan::projects::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::wire::{read_day, read_money, read_required_source, read_texts, write_all};
use facts::{Check, Day, Money};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use super::shares::{read_recipients, read_sectors};
use crate::domain::Transaction;
use crate::domain::transaction::TransactionParty;

impl Served for Transaction {
    type Message = wire::Transaction;
    type Held = Self;
    type Sent = wire::Transaction;
    const ORDER: &'static str = "date";

    fn read(check: &mut Check, name: String, message: wire::Transaction) -> Self {
        let date = check.required("date", message.date);
        let value = check.required("value", message.value);
        // What stands in for an invalid value is never recorded: `check` has a violation then.
        let nothing = Money { amount: 0.into(), currency: String::new(), value_date: None };
        Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            r#type: check.word("type", message.r#type),
            date: date.and_then(|date| read_day(check, "date", date)).unwrap_or(Day::FIRST),
            value: read_money(check, "value", value).unwrap_or(nothing),
            provider: read_party(check, "provider", message.provider),
            receiver: read_party(check, "receiver", message.receiver),
            descriptions: read_texts(check, "descriptions", message.descriptions, 65536),
            recipients: read_recipients(check, message.recipients),
            sectors: read_sectors(check, message.sectors),
            reference: check.text("ref", message.r#ref, 256),
            source: read_required_source(check, "source", message.source),
        }
    }

    fn send(shown: Shown<Self>) -> Result<wire::Transaction, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Transaction {
        let stamp = Stamp::of(&shown);
        let transaction = shown.into_stored().value;
        wire::Transaction {
            name: transaction.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            r#type: transaction.r#type.number(),
            date: Some(transaction.date.into()),
            value: Some(transaction.value.into()),
            provider: transaction.provider.map(Into::into),
            receiver: transaction.receiver.map(Into::into),
            descriptions: write_all(transaction.descriptions),
            recipients: write_all(transaction.recipients),
            sectors: write_all(transaction.sectors),
            r#ref: transaction.reference,
            source: Some(transaction.source.into()),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let party = |field: &str, party: &Option<TransactionParty>| {
            let organization = party.as_ref().map(|party| party.organization.as_str());
            Reference::optional(format!("{field}.organization"), organization.unwrap_or_default())
        };
        let parties = [party("provider", &self.provider), party("receiver", &self.receiver)];
        parties.into_iter().flatten().chain(Reference::source(&self.source)).collect()
    }
}

fn read_party(
    check: &mut Check,
    field: &str,
    message: Option<wire::TransactionParty>,
) -> Option<TransactionParty> {
    let message = message?;
    let organization = &["organizations/{organization}"];
    check.within(field, |check| {
        Some(TransactionParty {
            organization: check.name("organization", message.organization, organization, false),
            reference: check.text("ref", message.r#ref, 256),
            display_name: check.text("display_name", message.display_name, 1024),
        })
    })
}

impl From<TransactionParty> for wire::TransactionParty {
    fn from(party: TransactionParty) -> Self {
        Self {
            organization: party.organization,
            r#ref: party.reference,
            display_name: party.display_name,
        }
    }
}
