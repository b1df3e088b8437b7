//! Money that moved, or was bound to move.

use chronicle::totals::{Summed, Totals};
use chronicle::{Field, Resource};
use facts::code;
use facts::money::units_and_nanos;
use facts::vocabulary::Vocabulary;
use facts::{Day, LocalizedText, Money, SourceRef, vocabulary};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

use super::project::present;
use super::shares::{self, Recipient, Sector, of_recipients};

vocabulary! {
    /// The type of a transaction; the numbers are those of the IATI codelist TransactionType.
    Type {
        /// Money received.
        IncomingFunds = 1 "INCOMING_FUNDS",
        /// A firm obligation to pay.
        OutgoingCommitment = 2 "OUTGOING_COMMITMENT",
        /// Money handed to another for the project.
        Disbursement = 3 "DISBURSEMENT",
        /// Money spent on goods and services.
        Expenditure = 4 "EXPENDITURE",
        /// Interest paid.
        InterestPayment = 5 "INTEREST_PAYMENT",
        /// A loan repaid.
        LoanRepayment = 6 "LOAN_REPAYMENT",
        /// Money given back.
        Reimbursement = 7 "REIMBURSEMENT",
        /// Equity bought.
        PurchaseOfEquity = 8 "PURCHASE_OF_EQUITY",
        /// Equity sold.
        SaleOfEquity = 9 "SALE_OF_EQUITY",
        /// A credit guaranteed.
        CreditGuarantee = 10 "CREDIT_GUARANTEE",
        /// A firm obligation of another to pay.
        IncomingCommitment = 11 "INCOMING_COMMITMENT",
        /// An announced intention to pay.
        OutgoingPledge = 12 "OUTGOING_PLEDGE",
        /// An announced intention of another to pay.
        IncomingPledge = 13 "INCOMING_PLEDGE",
    }
}

/// One side of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/transaction.proto"
)]
pub struct TransactionParty {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organization: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
}

/// A transaction; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/transaction.proto"
)]
pub struct Transaction {
    pub name: String,
    #[serde(default = "policy::tier::public", skip_serializing_if = "Tier::is_public")]
    pub tier: Tier,
    pub r#type: Type,
    pub date: Day,
    pub value: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<TransactionParty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<TransactionParty>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub descriptions: Vec<LocalizedText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipient>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sectors: Vec<Sector>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    pub source: SourceRef,
}

impl Transaction {
    /// The name of its project.
    pub fn project(&self) -> &str {
        self.name.split_once("/transactions/").map_or("", |(project, _)| project)
    }
}

impl Resource for Transaction {
    const KIND: &'static str = "transaction";
    const PATTERN: &'static str = "projects/{project}/transactions/{transaction}";
    const PARENT: Option<(&'static str, &'static str)> = Some(("project", "project"));
    const TOTALS: Option<Totals> = Some(Totals {
        by: &["project", "date", "year", "type", "currency", "shares"],
        long: &["shares"],
        sums: &[
            ("billions", "units", Summed::Billions),
            ("units", "units", Summed::Rest),
            ("nanos", "nanos", Summed::Whole),
        ],
    });

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        of_recipients(&self.recipients)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("type", Type::WORDS, |transaction| transaction.r#type.word()),
            Field::sorted_day("date", |transaction| i64::from(transaction.date.0)),
            Field::number("year", |transaction| i64::from(transaction.date.year())),
            Field::text("currency", |transaction: &Self| transaction.value.currency.clone())
                .spelled(code::currency),
            Field::text("project", |transaction: &Self| transaction.project().to_owned())
                .naming(&["projects/{project}"]),
            Field::optional_text("provider", |transaction: &Self| {
                reference(transaction.provider.as_ref())
            })
            .spelled(code::iati),
            Field::optional_text("receiver", |transaction: &Self| {
                reference(transaction.receiver.as_ref())
            })
            .spelled(code::iati),
            Field::measure("units", |transaction| units_and_nanos(transaction.value.amount).0),
            Field::measure("nanos", |transaction| units_and_nanos(transaction.value.amount).1),
            Field::label("shares", |transaction| {
                shares::label(&transaction.recipients, &transaction.sectors)
            }),
        ]
    }
}

fn reference(party: Option<&TransactionParty>) -> Option<String> {
    party.and_then(|party| present(&party.reference))
}
