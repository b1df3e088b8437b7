//! Access control: the contract, the decision, the same as SQL, and the redaction of answers.

mod clearances;
mod condition;
mod contract;
mod cost;
mod grants;
mod partnership;
mod planted;
mod properties;
mod redaction;

use policy::Desks;

/// The desks named in a text.
fn desks(text: &str) -> Desks {
    Desks::parse(text).expect("desks")
}
