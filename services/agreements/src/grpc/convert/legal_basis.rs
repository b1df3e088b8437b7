//! The legal basis → its message.

use api::registan::agreements::v1 as wire;
use facts::Day;
use prost_types::Timestamp;

use super::{confidence, status_message};
use crate::domain::legal_basis::{Entry, LegalBasis};
use crate::domain::provision_status::ProvisionStatus;

/// The legal basis of a party, on a day, at an instant of the record.
pub fn legal_basis_message(
    party: String,
    as_of: Day,
    read_time: Timestamp,
    basis: LegalBasis,
) -> wire::LegalBasis {
    wire::LegalBasis {
        party,
        as_of: Some(as_of.into()),
        read_time: Some(read_time),
        in_force: entries(basis.in_force, as_of),
        suspended: entries(basis.suspended, as_of),
        provisionally_applied: entries(basis.provisionally_applied, as_of),
        signed_not_in_force: entries(basis.signed_not_in_force, as_of),
        negotiated: entries(basis.negotiated, as_of),
        political: entries(basis.political, as_of),
        ended: entries(basis.ended, as_of),
        undetermined: entries(basis.undetermined, as_of),
        not_started: entries(basis.not_started, as_of),
        without_union: entries(basis.without_union, as_of),
        known_by: None,
        codes: Vec::new(),
        provisions_not_recorded: basis.not_recorded,
        sources_end: None,
    }
}

fn entries(entries: Vec<Entry>, as_of: Day) -> Vec<wire::LegalBasisEntry> {
    entries.into_iter().map(|one| entry(one, as_of)).collect()
}

fn entry(entry: Entry, as_of: Day) -> wire::LegalBasisEntry {
    let Entry { agreement, signed, status, predecessor, provisions, not_recorded } = entry;
    let signed = signed.filter(|one| one.date.latest() <= as_of);
    wire::LegalBasisEntry {
        agreement: agreement.name,
        title: agreement.title,
        kind: agreement.kind,
        status: Some(status_message(status)),
        signed_confidence: confidence(signed.as_ref().and_then(|one| one.confidence)),
        signed: signed.map(|one| one.date.into()),
        provisions: provisions.into_iter().map(provision).collect(),
        source: agreement.source,
        predecessor,
        perhaps_known: agreement.perhaps_known,
        provisions_not_recorded: not_recorded,
    }
}

fn provision((provision, status): (wire::Provision, ProvisionStatus)) -> wire::LegalBasisProvision {
    wire::LegalBasisProvision {
        provision: Some(provision),
        state: status.state.into(),
        since: status.since.map(Into::into),
        until: status.until.map(Into::into),
        measure: status.measure.into(),
        reason: status.reason,
        since_confidence: confidence(status.since_confidence),
    }
}
