//! One file per operation that is more than a standard method.

pub mod import_iati;
mod sum_transactions;

pub use sum_transactions::{Question, sum_transactions};
