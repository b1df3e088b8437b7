//! The transactions of an activity.

use std::collections::HashMap;

use facts::money::{MOST_DECIMALS, MOST_UNITS, is_plausible};
use facts::{Day, Money, SourceRef};
use iati::{Activity, Org};
use policy::Tier;
use sha2::{Digest, Sha256};

use super::notes::Notes;
use super::project::{code, display_name, sectors, texts};
use crate::domain::shares::Recipient;
use crate::domain::transaction::TransactionParty;
use crate::domain::{Project, Transaction};
use crate::store::IMPORTED;

/// Bytes of one transaction: what an answer can carry.
const MOST_BYTES: usize = 1 << 20;

/// The transactions of an activity, each as what it says, and how many say the same: small, however many they are.
#[derive(Debug, Default)]
pub struct Seen(HashMap<[u8; 16], u32>);

impl Seen {
    /// Which of those that say this the next one is: 1, 2, 3, …
    fn next(&mut self, hash: [u8; 16]) -> u32 {
        let ordinal = self.0.entry(hash).or_default();
        *ordinal += 1;
        *ordinal
    }

    /// Takes note of a name given before.
    pub fn add(&mut self, name: &str) {
        if let Some((hash, ordinal)) = parts(name) {
            let most = self.0.entry(hash).or_default();
            *most = Ord::max(*most, ordinal);
        }
    }

    /// Whether a transaction of the file has this name.
    pub fn has(&self, name: &str) -> bool {
        parts(name).is_some_and(|(hash, ordinal)| {
            ordinal > 0 && self.0.get(&hash).is_some_and(|most| ordinal <= *most)
        })
    }
}

/// What the name of an imported transaction says; nothing for one that no import gave.
fn parts(name: &str) -> Option<([u8; 16], u32)> {
    let id = name.rsplit('/').next()?.strip_prefix(IMPORTED)?;
    let (hash, ordinal) = match id.split_once('-') {
        Some((hash, ordinal)) => (hash, ordinal.parse().ok()?),
        None => (id, 1),
    };
    Some((hex::decode(hash).ok()?.try_into().ok()?, ordinal))
}

/// The transactions of the activity of `project`. Each is named by what it says, so that the same one has the same name in
/// every import; of several that say the same, the second ends in `-2`.
pub fn transactions(
    activity: &Activity,
    project: &Project,
    seen: &mut Seen,
    notes: &mut Notes,
) -> Vec<Transaction> {
    let mut transactions = Vec::with_capacity(activity.transactions.len());
    for given in &activity.transactions {
        notes.at(given.line);
        let Some(mut transaction) = transaction(given, notes) else { continue };
        let Ok(content) = serde_json::to_vec(&transaction) else { continue };
        if content.len() > MOST_BYTES {
            notes.error(
                "transaction-too-large",
                format!("the transaction has {} bytes; it was not taken", content.len()),
            );
            continue;
        }
        let mut hash = [0; 16];
        hash.copy_from_slice(&Sha256::digest(&content)[..16]);
        let ordinal = seen.next(hash);
        let hash = hex::encode(hash);
        transaction.name = match ordinal {
            1 => format!("{}/transactions/{IMPORTED}{hash}", project.name),
            _ => format!("{}/transactions/{IMPORTED}{hash}-{ordinal}", project.name),
        };
        transaction.source = project.source.clone();
        transactions.push(transaction);
    }
    transactions
}

/// What a transaction says, without its name and its source.
fn transaction(given: &iati::Transaction, notes: &mut Notes) -> Option<Transaction> {
    let Some(r#type) = code(&given.type_) else {
        notes.error(
            "type-unknown",
            "the transaction's type is not in the codelist TransactionType; it was not taken"
                .to_owned(),
        );
        return None;
    };
    let amount = given.value.amount.normalize();
    if !is_plausible(amount) || amount.scale() > MOST_DECIMALS {
        notes.error(
            "amount-out-of-range",
            format!("the amount is above {MOST_UNITS} or has more than 9 digits after the point; the transaction was not taken"),
        );
        return None;
    }
    Some(Transaction {
        name: String::new(),
        tier: Tier::Public,
        r#type,
        date: day(given.date),
        value: Money {
            amount,
            currency: given.value.currency.clone(),
            value_date: given.value.value_date.map(day),
        },
        provider: given.provider_org.as_ref().and_then(|org| party(org, notes)),
        receiver: given.receiver_org.as_ref().and_then(|org| party(org, notes)),
        descriptions: texts(notes, "a description", &given.description, 65536),
        recipients: recipients(given, notes),
        sectors: sectors(&given.sectors, notes),
        reference: notes.code("a transaction/@ref", given.ref_.as_deref(), 256),
        source: SourceRef::default(),
    })
}

fn day(date: iati::Date) -> Day {
    Day(i32::from(date.year) * 10_000 + i32::from(date.month) * 100 + i32::from(date.day))
}

fn party(org: &Org, notes: &mut Notes) -> Option<TransactionParty> {
    let party = TransactionParty {
        organization: String::new(),
        reference: notes.code("an organisation's @ref", org.ref_.as_deref(), 256),
        display_name: display_name(notes, org),
    };
    (!(party.reference.is_empty() && party.display_name.is_empty())).then_some(party)
}

fn recipients(given: &iati::Transaction, notes: &mut Notes) -> Vec<Recipient> {
    let region = given.recipient_region.as_ref().filter(|region| region.vocabulary == "1");
    let country = notes.code("a recipient-country/@code", given.recipient_country.as_deref(), 16);
    let region = notes.code("a recipient-region/@code", region.map(|it| it.code.as_str()), 16);
    let all = [(country, String::new()), (String::new(), region)].into_iter();
    let recipients = all.map(|(country_code, region_code)| Recipient {
        country_code,
        region_code,
        percentage: None,
    });
    recipients.filter(|recipient| !recipient.code().is_empty()).collect()
}
