//! A sum as its message.

use api::registan::projects::v1 as wire;

use crate::domain::sum::{Key, Sum};

/// A sum as its message.
pub fn sum_message((key, sum): (Key, Sum)) -> wire::TransactionSum {
    wire::TransactionSum {
        r#type: key.r#type,
        currency_code: key.currency,
        recipient: key.recipient,
        sector: key.sector,
        year: key.year,
        project: key.project,
        amount: sum.amount.to_string(),
        transactions: sum.transactions,
    }
}
