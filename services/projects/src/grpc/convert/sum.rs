//! Requests for sums, and sums, ↔ their messages.

use api::registan::projects::v1 as wire;
use api::registan::projects::v1::participant::Role;
use api::registan::projects::v1::project::Kind;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use chassis::Failure;
use chronicle::filter::meant;
use facts::code::{is_country, is_region};
use facts::{Check, ErrorReason};
use standard::described::{PROJECTS_V1_PARTICIPANT_ROLE, PROJECTS_V1_PROJECT_KIND};
use standard::failure::from_violations;
use standard::time::{micros, timestamp};

use crate::domain::Project;
use crate::domain::asked::Asked;
use crate::domain::sum::{Key, Left, Sum, Sums};
use crate::ops::Question;

/// The most recipients or sectors that one request may name.
const MOST_CODES: usize = 100;

/// Decodes a request.
pub fn read_question(request: wire::SumTransactionsRequest) -> Result<Question, Failure> {
    let mut check = Check::default();
    let mut question = Question {
        filter: request.filter,
        project_filter: request.project_filter,
        read_time: micros(request.read_time)?,
        ..Question::default()
    };
    for (place, number) in request.group_by.into_iter().enumerate() {
        read_dimension(&mut check, &mut question, place, number);
    }
    question.kinds =
        check.each("project_kinds", MOST_CODES, request.project_kinds, |check, kind| {
            check.choice("", kind, &PROJECTS_V1_PROJECT_KIND, true);
            Kind::try_from(kind).unwrap_or_default()
        });
    let vocabulary = check.text("sector_vocabulary", request.sector_vocabulary, 16);
    let splits = &mut question.splits;
    splits.vocabulary = if vocabulary.is_empty() { "1".to_owned() } else { vocabulary };
    splits.recipients = read_codes(&mut check, "recipients", request.recipients, wrong_recipient);
    let vocabulary = splits.vocabulary.as_str();
    splits.sectors =
        read_codes(&mut check, "sectors", request.sectors, |code| wrong_sector(vocabulary, code));
    let role = request.participant_role;
    check.choice("participant_role", role, &PROJECTS_V1_PARTICIPANT_ROLE, false);
    splits.role = Role::try_from(role).ok().filter(|role| *role != Role::Unspecified);
    question.given_participant.clone_from(&request.participant);
    question.participant = read_participant(&mut check, request.participant);
    from_violations(check.finish()).map_or(Ok(question), Err)
}

fn read_dimension(check: &mut Check, question: &mut Question, place: usize, number: i32) {
    match Dimension::try_from(number) {
        Ok(Dimension::Recipient) => question.splits.by_recipient = true,
        Ok(Dimension::Sector) => question.splits.by_sector = true,
        Ok(Dimension::Participant) => question.splits.by_participant = true,
        Ok(Dimension::Year) => question.years = true,
        Ok(Dimension::Project) => question.projects = true,
        Ok(Dimension::Agreement) => question.bases.agreements = true,
        Ok(Dimension::Framework) => question.bases.frameworks = true,
        Ok(Dimension::Priority) => question.bases.priorities = true,
        Ok(Dimension::Act) => question.bases.acts = true,
        Ok(Dimension::Unspecified) | Err(_) => {
            let known = (1..).map_while(|number| Dimension::try_from(number).ok());
            let known: Vec<_> = known.map(|dimension| dimension.as_str_name()).collect();
            let description = format!("{number} is not known; known are {}", known.join(", "));
            check.violation(
                &format!("group_by[{place}]"),
                ErrorReason::GroupByInvalid,
                description,
            );
        }
    }
}

/// A reason to refuse a code, and the problem.
type Wrong = Option<(ErrorReason, String)>;

/// Reads codes, each of which is judged at its place.
fn read_codes(
    check: &mut Check,
    field: &str,
    codes: Vec<String>,
    wrong: impl Fn(&str) -> Wrong,
) -> Asked {
    let codes = check.each(field, MOST_CODES, codes, |check, code| {
        let code = check.required_text("", code, 64);
        if let Some((reason, description)) = wrong(&code).filter(|_| !code.is_empty()) {
            check.violation("", reason, description);
        }
        code
    });
    codes.into_iter().collect()
}

/// Returns why a code is none of a recipient.
fn wrong_recipient(code: &str) -> Wrong {
    if is_country(code) || is_region(code) {
        return None;
    }
    let capitals = code.to_uppercase();
    let meant = if is_country(&capitals) { format!(": {capitals}?") } else { String::new() };
    let description = format!(
        "`{code}` must be a country of ISO 3166-1, such as KG, or a number of the IATI codelist Region, such as 619{meant}"
    );
    Some((ErrorReason::RecipientInvalid, description))
}

/// Whom the filters of projects would find by this.
fn read_participant(check: &mut Check, given: String) -> String {
    let asked = check.text("participant", given, 1024);
    if asked.is_empty() {
        return asked;
    }
    meant::<Project>("participants", &asked).unwrap_or_else(|said| {
        check.violation("participant", ErrorReason::ParticipantInvalid, said);
        String::new()
    })
}

/// Returns why a code is none of a sector. Those of the vocabularies of the DAC are numbers of
/// theirs; those of the others are of any form.
fn wrong_sector(vocabulary: &str, code: &str) -> Wrong {
    let (digits, example) = match vocabulary {
        "1" => (5, "15160"),
        "2" => (3, "151"),
        _ => return None,
    };
    let is_number = code.len() == digits && code.bytes().all(|byte| byte.is_ascii_digit());
    let description = || format!("`{code}` must be a number of {digits} digits, such as {example}");
    (!is_number).then(|| (ErrorReason::NumberInvalid, description()))
}

/// The answer at a record time.
pub fn sums_message(sums: Sums, read_time: i64) -> wire::SumTransactionsResponse {
    wire::SumTransactionsResponse {
        sums: sums.sums.into_iter().map(sum_message).collect(),
        read_time: Some(timestamp(read_time)),
        left_out: sums.left_out.into_iter().map(left_out_message).collect(),
    }
}

fn sum_message((key, sum): (Key, Sum)) -> wire::TransactionSum {
    wire::TransactionSum {
        r#type: key.r#type,
        currency_code: key.currency,
        project_kind: key.kind,
        recipient: key.recipient,
        sector: key.sector,
        participant: key.participant,
        year: key.year,
        project: key.project,
        agreements: key.basis.agreements.iter().cloned().collect(),
        frameworks: key.basis.frameworks.iter().cloned().collect(),
        priorities: key.basis.priorities.iter().cloned().collect(),
        acts: key.basis.acts.iter().cloned().collect(),
        amount: sum.amount.to_string(),
        transactions: sum.transactions,
    }
}

fn left_out_message((left, sum): (Left, Sum)) -> wire::LeftOutSum {
    wire::LeftOutSum {
        reason: left.reason.into(),
        r#type: left.r#type,
        currency_code: left.currency,
        project_kind: left.kind,
        amount: sum.amount.to_string(),
        transactions: sum.transactions,
    }
}
