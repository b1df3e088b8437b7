//! Who may do and see what: the contract, the decision, the same as SQL, and what is taken out of answers.

mod contract;
mod planted;
mod redaction;
