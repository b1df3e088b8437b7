//! The transactions of an activity.

use std::collections::HashMap;

use facts::money::{MOST_DECIMALS, MOST_UNITS, is_plausible};
use facts::{Day, Money, SourceRef};
use formats::Elements;
use iati::{Activity, Org};
use policy::Tier;
use sha2::{Digest, Sha256};

use super::account::{Account, Place};
use super::notes::Notes;
use super::project::{code, display_name, sectors, texts};
use crate::domain::shares::Recipient;
use crate::domain::transaction::TransactionParty;
use crate::domain::{Project, Transaction};
use crate::store::IMPORTED;

/// Bytes of one transaction: what an answer can carry.
const MOST_BYTES: usize = 1 << 20;

const DESCRIPTION: Place =
    Place { what: "descriptions", path: "iati-activity/transaction/description/narrative" };
const SECTORS: Place = Place { what: "sectors", path: "iati-activity/transaction/sector" };
const COUNTRY: &str = "iati-activity/transaction/recipient-country";
const REGION: &str = "iati-activity/transaction/recipient-region";
const REFERENCE: &str = "iati-activity/transaction/@ref";
/// An organisation, its names and its reference.
const PROVIDER: [&str; 3] = [
    "iati-activity/transaction/provider-org",
    "iati-activity/transaction/provider-org/narrative",
    "iati-activity/transaction/provider-org/@ref",
];
const RECEIVER: [&str; 3] = [
    "iati-activity/transaction/receiver-org",
    "iati-activity/transaction/receiver-org/narrative",
    "iati-activity/transaction/receiver-org/@ref",
];

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

    /// Returns whether a transaction of the file has this name.
    pub fn has(&self, name: &str) -> bool {
        parts(name).is_some_and(|(hash, ordinal)| {
            ordinal > 0 && self.0.get(&hash).is_some_and(|most| ordinal <= *most)
        })
    }
}

/// Returns the parts of the name of an imported transaction; nothing for another name.
fn parts(name: &str) -> Option<([u8; 16], u32)> {
    let id = name.rsplit('/').next()?.strip_prefix(IMPORTED)?;
    let (hash, ordinal) = match id.split_once('-') {
        Some((hash, ordinal)) => (hash, ordinal.parse().ok()?),
        None => (id, 1),
    };
    Some((hex::decode(hash).ok()?.try_into().ok()?, ordinal))
}

/// The transactions of an activity, as far as the record can hold them.
#[derive(Default)]
pub struct Taken {
    pub transactions: Vec<Transaction>,
    /// The elements of the file that each is made from.
    pub accounts: Vec<Account>,
    /// The elements of those that it cannot hold.
    pub refused: Elements,
}

/// The transactions of the activity of `project`. Each is named by what it says, so that the same one has the same name in
/// every import; of several that say the same, the second ends in `-2`.
pub fn transactions(
    activity: &Activity,
    project: &Project,
    seen: &mut Seen,
    notes: &mut Notes,
) -> Taken {
    let mut taken = Taken::default();
    taken.transactions.reserve(activity.transactions.len());
    taken.accounts.reserve(activity.transactions.len());
    for given in &activity.transactions {
        notes.at(given.line);
        notes.lost.clear();
        let Some((mut transaction, content)) = written(given, notes) else {
            taken.refused.append(&given.elements);
            continue;
        };
        let mut hash = [0; 16];
        hash.copy_from_slice(&Sha256::digest(&content)[..16]);
        let ordinal = seen.next(hash);
        let hash = hex::encode(hash);
        transaction.name = match ordinal {
            1 => format!("{}/transactions/{IMPORTED}{hash}", project.name),
            _ => format!("{}/transactions/{IMPORTED}{hash}-{ordinal}", project.name),
        };
        transaction.source = project.source.clone();
        taken.transactions.push(transaction);
        let lost = std::mem::take(&mut notes.lost);
        taken.accounts.push(Account { elements: given.elements.clone(), lost });
    }
    taken
}

/// A transaction and its text, by which it is named.
fn written(given: &iati::Transaction, notes: &mut Notes) -> Option<(Transaction, Vec<u8>)> {
    let transaction = transaction(given, notes)?;
    let content = serde_json::to_vec(&transaction).ok()?;
    if content.len() > MOST_BYTES {
        notes.error(
            "transaction-too-large",
            format!("the transaction has {} bytes; it was not taken", content.len()),
        );
        return None;
    }
    Some((transaction, content))
}

/// Returns the value of a transaction, without its name and its source.
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
        provider: given.provider_org.as_ref().and_then(|org| party(org, &PROVIDER, notes)),
        receiver: given.receiver_org.as_ref().and_then(|org| party(org, &RECEIVER, notes)),
        descriptions: texts(notes, DESCRIPTION, &given.description, 65536),
        recipients: recipients(given, notes),
        sectors: sectors(&given.sectors, SECTORS, notes),
        reference: reference(given, notes),
        source: SourceRef::default(),
    })
}

fn day(date: iati::Date) -> Day {
    Day(i32::from(date.year) * 10_000 + i32::from(date.month) * 100 + i32::from(date.day))
}

fn reference(given: &iati::Transaction, notes: &mut Notes) -> String {
    let reference = notes.code("a transaction/@ref", given.ref_.as_deref(), 256);
    notes.lose_attribute(REFERENCE, given.ref_.as_deref(), &reference);
    reference
}

fn party(org: &Org, paths: &[&'static str; 3], notes: &mut Notes) -> Option<TransactionParty> {
    let party = TransactionParty {
        organization: String::new(),
        reference: notes.code("an organisation's @ref", org.ref_.as_deref(), 256),
        display_name: display_name(notes, org, paths[1]),
    };
    let is_named = !(party.reference.is_empty() && party.display_name.is_empty());
    if is_named {
        notes.lose_attribute(paths[2], org.ref_.as_deref(), &party.reference);
    } else {
        notes.lose(paths[0], 1);
    }
    is_named.then_some(party)
}

fn recipients(given: &iati::Transaction, notes: &mut Notes) -> Vec<Recipient> {
    let region = given.recipient_region.as_ref().filter(|region| region.vocabulary == "1");
    let given_region = usize::from(given.recipient_region.is_some());
    let given_country = usize::from(given.recipient_country.is_some());
    let country = notes.code("a recipient-country/@code", given.recipient_country.as_deref(), 16);
    let region = notes.code("a recipient-region/@code", region.map(|it| it.code.as_str()), 16);
    notes.lose(COUNTRY, given_country.saturating_sub(usize::from(!country.is_empty())));
    notes.lose(REGION, given_region.saturating_sub(usize::from(!region.is_empty())));
    let all = [(country, String::new()), (String::new(), region)].into_iter();
    let recipients = all.map(|(country_code, region_code)| Recipient {
        country_code,
        region_code,
        percentage: None,
    });
    recipients.filter(|recipient| !recipient.code().is_empty()).collect()
}
