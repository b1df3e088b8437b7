//! The service as its clients see it, on both engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod above;
mod accounted;
mod aliases;
mod audited;
mod bases;
mod below;
mod clearances;
mod corrected;
mod counted;
mod damaged;
mod editable;
mod families;
mod import;
mod large;
mod levels;
mod named;
mod nameless;
mod peculiar;
mod projects;
mod published;
mod regions;
mod relations;
mod repaired;
mod reporters;
mod scan;
mod stated;
mod sums;
mod support;
mod totals;
mod transactions;
mod within;
