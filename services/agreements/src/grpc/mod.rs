//! Decodes a request, runs one operation, encodes the answer.

mod access;
mod agreements;
mod convert;
mod desks;
mod frameworks;
mod grants;
mod lineage;
mod memberships;
mod obligations;
mod participations;
mod ratifications;

use api::rpc::access_service::GetOwnGrants;
use api::rpc::agreement_service::{
    ExportAgreements, GetAgreement, GetLegalBasis, GetLineage, ImportParticipations, ListAgreements,
};
use api::rpc::desk_service::{GetDesk, ListDesks};
use api::rpc::framework_service::ListBeneficiaries;
use api::rpc::grant_service::{CreateGrant, UpdateGrant};
use api::rpc::membership_service::ListMembers;
use api::rpc::obligation_service::{GetDueCalendar, GetObligationStatus, ListDue, ListOverdue};
use api::rpc::ratification_service::WhoIsMissing;
use api::rpc::reference_service::{CheckReferences, ListPublications};
use chassis::Service;
use standard::{check_references, contract, list_publications};

use crate::app::App;
use crate::resources;

/// Every method of this service: the standard ones of its resources, and these.
pub fn service(app: &App) -> anyhow::Result<Service> {
    let records = &app.records;
    resources()
        .methods(records)
        .unary(GetAgreement, app, agreements::get_agreement)
        .unary(ListAgreements, app, agreements::list_agreements)
        .server_streaming(ExportAgreements, app, agreements::export_agreements)
        .unary(GetLegalBasis, app, agreements::get_legal_basis)
        .unary(GetLineage, app, lineage::get_lineage)
        .client_streaming(ImportParticipations, app, participations::import)
        .max_decoding(ImportParticipations, ingest::feed::MAX_MESSAGE)
        .unary(ListBeneficiaries, app, frameworks::list_beneficiaries)
        .unary(ListMembers, app, memberships::list_members)
        .unary(GetObligationStatus, app, obligations::get_obligation_status)
        .unary(ListOverdue, app, obligations::list_overdue)
        .server_streaming(ListDue, app, obligations::list_due)
        .unary(GetDueCalendar, app, obligations::get_due_calendar)
        .unary(WhoIsMissing, app, ratifications::who_is_missing)
        .unary(CreateGrant, records, grants::create_grant)
        .unary(UpdateGrant, records, grants::update_grant)
        .unary(GetOwnGrants, app, access::get_own_grants)
        .unary(ListDesks, app, desks::list_desks)
        .unary(GetDesk, app, desks::get_desk)
        .unary(CheckReferences, &records.references, check_references)
        .unary(ListPublications, &records.references, list_publications)
        .build(Service::new(crate::NAME, contract()))
}
