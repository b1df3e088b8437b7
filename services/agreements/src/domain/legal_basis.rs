//! What law stands between the European Union and a party on a day.

use facts::Day;

use super::agreement::{Agreement, ProvisionKind};
use super::status::{self, State, Status};

/// Agreements by where they stand, each with its status; an agreement stands in exactly one list, the newest first.
#[derive(Debug, Default)]
pub struct LegalBasis {
    /// Binding and in force.
    pub in_force: Vec<(Agreement, Status)>,
    /// Binding, in force, and suspended in whole or in part.
    pub suspended: Vec<(Agreement, Status)>,
    /// Binding and applied in part before all have ratified.
    pub provisionally_applied: Vec<(Agreement, Status)>,
    /// Binding, signed and not in force.
    pub signed_not_in_force: Vec<(Agreement, Status)>,
    /// Mandated, being negotiated, concluded or initialled.
    pub negotiated: Vec<(Agreement, Status)>,
    /// Not binding, and applied.
    pub political: Vec<(Agreement, Status)>,
    /// No longer in force.
    pub ended: Vec<(Agreement, Status)>,
}

/// What of an agreement a legal basis needs, without the rest, that may be large.
pub fn needed(agreement: Agreement) -> Agreement {
    Agreement {
        titles: Vec::new(),
        provisions: agreement
            .provisions
            .into_iter()
            .filter(|provision| matters(provision.kind))
            .collect(),
        relations: Vec::new(),
        participations: Vec::new(),
        legal_basis: Vec::new(),
        external_ids: Vec::new(),
        note: String::new(),
        ..agreement
    }
}

/// The legal basis on a day, from all agreements of the party; those without a party of the Union's side are left out.
/// `union` holds the names of the Union and the Communities before it.
pub fn on(agreements: Vec<Agreement>, union: &[String], as_of: Day) -> LegalBasis {
    let mut basis = LegalBasis::default();
    let mut between = agreements;
    between.retain(|agreement| with_union(agreement, union));
    between.sort_by_key(|agreement| std::cmp::Reverse(newest(agreement)));
    for agreement in between {
        let status = status::on(&agreement.milestones, as_of);
        let list = match status.state {
            State::NotStarted | State::Unread => continue,
            state if state.ended() => &mut basis.ended,
            State::Signed | State::InForce if !agreement.binding => &mut basis.political,
            State::InForce => &mut basis.in_force,
            State::Suspended => &mut basis.suspended,
            State::ProvisionallyApplied => &mut basis.provisionally_applied,
            State::Signed => &mut basis.signed_not_in_force,
            _ => &mut basis.negotiated,
        };
        list.push((agreement, status));
    }
    basis
}

/// Whether a party of the Union's side is among its own.
pub fn with_union(agreement: &Agreement, union: &[String]) -> bool {
    agreement.parties.iter().any(|part| union.contains(&part.party))
}

/// When it was signed, else its first milestone: for the order.
fn newest(agreement: &Agreement) -> Day {
    let first = agreement.milestones.iter().map(|milestone| milestone.date.first()).min();
    agreement.signed().map(facts::PartialDate::first).or(first).unwrap_or(Day::FIRST)
}

/// Whether a provision belongs in a legal basis: what can lead to suspension.
pub const fn matters(kind: ProvisionKind) -> bool {
    matches!(kind, ProvisionKind::EssentialElement | ProvisionKind::NonExecution)
}
