//! Money that moved, or was bound to move.

use std::ops::Deref;

use api::registan::projects::v1 as wire;
pub use api::registan::projects::v1::transaction::Type;
use chronicle::Field;
use chronicle::totals::{Summed, Totals};
use facts::money::units_and_nanos;
use facts::{Check, ErrorReason, PartialDate};
use rust_decimal::Decimal;
use standard::{Rules, Value};

use super::organization::{ALIASES, findable, participant};
use super::shares;

/// A transaction.
pub type Transaction = Value<wire::Transaction, OfTransactions>;

/// It happened, and shares add up.
pub enum OfTransactions {}

impl Rules<wire::Transaction> for OfTransactions {
    const TOTALS: Option<Totals> = Some(Totals {
        by: &["project", "date", "year", "type", "currency", "shares"],
        long: &["shares"],
        sums: &[
            ("billions", "units", Summed::Billions),
            ("units", "units", Summed::Rest),
            ("nanos", "nanos", Summed::Whole),
        ],
    });

    fn check(transaction: &mut wire::Transaction, check: &mut Check) {
        let date = transaction.date.unwrap_or_default();
        let date = PartialDate::new(date.year, date.month, date.day);
        if date.is_some_and(|date| check.is_future(&date)) {
            let description =
                "lies in the future: record it once it is paid, promised or announced";
            check.violation("date", ErrorReason::InTheFuture, description);
        }
        shares::check(&transaction.recipients, &mut transaction.sectors, check);
    }

    fn fields<T: Deref<Target = wire::Transaction>>() -> Vec<Field<T>> {
        vec![
            Field::optional_text("provider", |it: &T| it.provider.as_ref().map(party))
                .naming(&["organizations/{organization}"])
                .spelled(participant)
                .known_by(ALIASES),
            Field::optional_text("receiver", |it: &T| it.receiver.as_ref().map(party))
                .naming(&["organizations/{organization}"])
                .spelled(participant)
                .known_by(ALIASES),
            Field::measure("units", |transaction: &T| units_and_nanos(amount(transaction)).0),
            Field::measure("nanos", |transaction: &T| units_and_nanos(amount(transaction)).1),
            Field::label("shares", |transaction: &T| {
                shares::label(&transaction.recipients, &transaction.sectors)
            }),
        ]
    }
}

/// Returns by what a party is found: its identifier, in its one spelling, else the recorded
/// organization, else its name as published. Its other names follow from either of the first two;
/// one that has both is found by the organizations that have the identifier.
fn party(party: &wire::TransactionParty) -> String {
    let name = || participant(findable(&party.display_name)?).ok();
    let organization = Some(&party.organization).filter(|it| !it.is_empty());
    let identifier = participant(&party.r#ref).ok();
    identifier.or_else(|| organization.cloned()).or_else(name).unwrap_or_default()
}

/// Returns how much moved.
fn amount(transaction: &wire::Transaction) -> Decimal {
    let amount = transaction.value.as_ref().map(|value| value.amount.parse());
    amount.and_then(Result::ok).unwrap_or_default()
}
