//! The targets of fuzzing: one function each. Each takes any bytes, and panics when they did what
//! no bytes may do.
//!
//! - [`TARGETS`]: all of them, by name
//! - `service`: the agreements service in this process, as its callers meet it
//! - `port`: the same behind a port, where an access token is read
//!
//! The fuzzer calls them on nightly (`fuzz/`, a workspace of its own); the test `corpus` calls them
//! on stable, with the files in `fuzz/corpus` and with changes of them. A new target is a line in
//! [`TARGETS`], a folder in `fuzz/corpus` and a file in `fuzz/fuzz_targets`; the test says when one
//! is missing.

#![expect(clippy::unwrap_used, reason = "this is for tests")]
#![expect(
    clippy::missing_panics_doc,
    reason = "to panic is how a target says that something is wrong"
)]

mod port;
mod service;

use api::registan::agreements::v1::{
    Agreement, GetAgreementRequest, GetLegalBasisRequest, GetPartyRequest, ListAgreementsRequest,
    UpdateAgreementRequest, WatchAgreementsRequest,
};
use bytes::Bytes;
use prost_types::FieldMask;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

/// Panics when the bytes did what no bytes may do.
pub type Target = fn(&[u8]);

type Answer = Result<Bytes, Status>;

/// More would not fit among the headers of a request, with all else that a client sends.
const LONGEST_TOKEN: usize = 7 * 1024;

/// The targets, by the name of its folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 9] = [
    ("filter", filter),
    ("iati", iati),
    ("jwt", jwt),
    ("mask", mask),
    ("name", name),
    ("order_by", order_by),
    ("page_token", page_token),
    ("request", request),
    ("resume_token", resume_token),
];

/// A filter (AIP-160), down to the statement that the database runs.
pub fn filter(bytes: &[u8]) {
    let request = ListAgreementsRequest { filter: text(bytes), ..Default::default() };
    refused_only_for("filter", &list(&request));
}

/// An `order_by` (AIP-132), down to the statement that the database runs.
pub fn order_by(bytes: &[u8]) {
    let request = ListAgreementsRequest { order_by: text(bytes), ..Default::default() };
    refused_only_for("order_by", &list(&request));
}

/// A page token: the text itself, or after a `~` a real token whose bytes are changed by the rest.
pub fn page_token(bytes: &[u8]) {
    let page_token = text(&changed(service::page_token(), bytes));
    let request = ListAgreementsRequest { page_token, page_size: 1, ..Default::default() };
    refused_only_for("page_token", &list(&request));
}

/// A resume token: the text itself, or after a `~` a real token whose bytes are changed by the
/// rest.
pub fn resume_token(bytes: &[u8]) {
    let resume_token = text(&changed(service::resume_token(), bytes));
    let is_ours = resume_token.is_empty() || resume_token == service::resume_token();
    let request = WatchAgreementsRequest { resume_token, ..Default::default() };
    let answer = service::first_answer("AgreementService/WatchAgreements", &request);
    refused_only_for("resume_token", &answer);
    assert_eq!(answer.is_ok(), is_ours, "{answer:?}");
}

/// An access token: the bytes themselves, or after a `~` a real token whose bytes are changed by
/// the rest, or after a `*` a real token for a subject of that name.
pub fn jwt(bytes: &[u8]) {
    let (token, is_signed) = match bytes.split_first() {
        Some((b'*', subject)) => (port::token_for(&text(subject)).into_bytes(), true),
        _ => (changed(port::token(), bytes), false),
    };
    if token.len() > LONGEST_TOKEN {
        return;
    }
    let Ok(authorization) = MetadataValue::try_from([b"Bearer ", &*token].concat()) else { return };
    let is_real = token.trim_ascii() == port::token().as_bytes();
    // The party does not exist: an admitted caller may learn that.
    let allowed: &[Code] = match (is_real, is_signed) {
        (true, _) => &[Code::NotFound],
        (_, true) => &[Code::NotFound, Code::Unauthenticated],
        _ => &[Code::Unauthenticated],
    };
    expect(&Err(port::ask(authorization)), allowed);
}

/// The paths of an update mask (AIP-134), one a line.
pub fn mask(bytes: &[u8]) {
    let paths = text(bytes).lines().map(ToOwned::to_owned).collect();
    let agreement = Agreement { name: service::AGREEMENT.to_owned(), ..Agreement::default() };
    let request = UpdateAgreementRequest {
        agreement: Some(agreement),
        update_mask: Some(FieldMask { paths }),
        validate_only: true,
        ..Default::default()
    };
    let answer = service::answer("AgreementService/UpdateAgreement", &request);
    // What is left may break a rule of an agreement, so the refusal may be for any field of it.
    expect(&answer, &[Code::Ok, Code::InvalidArgument, Code::FailedPrecondition]);
}

/// The name of a resource, where one of each shape is wanted.
pub fn name(bytes: &[u8]) {
    let name = text(bytes);
    let agreement = GetAgreementRequest { name: name.clone(), ..Default::default() };
    let party = GetPartyRequest { name: name.clone(), ..Default::default() };
    let basis = GetLegalBasisRequest { party: name, ..Default::default() };
    for answer in [
        service::answer("AgreementService/GetAgreement", &agreement),
        service::answer("PartyService/GetParty", &party),
        service::answer("AgreementService/GetLegalBasis", &basis),
    ] {
        expect(&answer, &[Code::Ok, Code::InvalidArgument, Code::NotFound]);
    }
}

/// The bytes of a request message; the first chooses the method.
pub fn request(bytes: &[u8]) {
    let Some((choice, message)) = bytes.split_first() else { return };
    let Err(refusal) = service::raw(*choice, message) else { return };
    let is_ours = matches!(refusal.code(), Code::Internal | Code::Unknown);
    assert!(!is_ours, "{refusal:?}");
}

/// An IATI activity file.
pub fn iati(bytes: &[u8]) {
    let mut reader = iati::Reader::new(bytes);
    let (mut events, mut delivered) = (0, 0);
    for event in &mut reader {
        events += 1;
        if let iati::Event::Record(activity, _) | iati::Event::Part(activity) = event {
            let transactions = activity.transactions.iter().map(|it| &it.elements);
            let all = transactions.chain([&activity.elements]);
            delivered += all.map(iati::Elements::total).sum::<u64>();
        }
    }
    let (totals, census) = (reader.totals(), reader.census());
    // No element is dropped without a count.
    assert_eq!(totals.elements, census.around() + delivered + census.elements_not_kept());
    assert!(totals.bytes <= bytes.len() as u64, "{} bytes of {}", totals.bytes, bytes.len());
    // A finding needs a place to stand at, and no byte has many.
    assert!(events <= bytes.len() + 8, "{events} events in {} bytes", bytes.len());
}

/// The bytes themselves, or after a `~` those of a real token, changed by the rest.
fn changed(real: &str, bytes: &[u8]) -> Vec<u8> {
    let Some((b'~', changes)) = bytes.split_first() else { return bytes.to_vec() };
    let mut token = real.as_bytes().to_vec();
    for (byte, change) in token.iter_mut().zip(changes) {
        *byte ^= change;
    }
    token
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn list(request: &ListAgreementsRequest) -> Answer {
    service::answer("AgreementService/ListAgreements", request)
}

fn expect(answer: &Answer, allowed: &[Code]) {
    let code = answer.as_ref().map_or_else(Status::code, |_| Code::Ok);
    assert!(allowed.contains(&code), "{answer:?}");
}

/// A refusal must name the field that is invalid.
fn refused_only_for(field: &str, answer: &Answer) {
    expect(answer, &[Code::Ok, Code::InvalidArgument]);
    if let Err(refusal) = answer {
        assert!(refusal.message().starts_with(field), "{refusal:?}");
    }
}
