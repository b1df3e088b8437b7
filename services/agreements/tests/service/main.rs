//! The service, as a client sees it, on both engines.

mod agreements;
mod before;
mod durable;
mod duties_law;
mod grants;
mod known;
mod law;
mod law_table;
mod ledger;
mod lineage;
mod meetings;
mod members;
mod obligations;
mod obligations_record;
mod obligations_refused;
mod participations;
mod parties;
mod periods;
mod provisions;
mod questions;
mod referred;
mod searching;
mod searching_kinds;
mod sources;
mod support;
mod within;
