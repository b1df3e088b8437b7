//! The same questions to one process on SQLite and to four on PostgreSQL get the same answers.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use e2e::{Suite, normal};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use testkit::Engine;

/// Questions to the gateway, of every kind: the reference record answers them.
const QUESTIONS: &[(&str, &str)] = &[
    ("agreements.v1.PartyService/ListParties", r#"{"order_by":"display_name","page_size":1000}"#),
    (
        "agreements.v1.AgreementService/GetAgreement",
        r#"{"name":"agreements/eu-kz-epca-2015","as_of":{"year":2024,"month":1,"day":17}}"#,
    ),
    (
        "agreements.v1.AgreementService/ListAgreements",
        r#"{"order_by":"title","page_size":1000,"as_of":{"year":2025,"month":12,"day":31}}"#,
    ),
    (
        "agreements.v1.ProvisionService/ListProvisions",
        r#"{"parent":"agreements/-","order_by":"article_number","filter":"agreement:\"agreements/eu-tm-pca-1998\" AND codes:\"codebooks/registan-1/codes/non-execution\""}"#,
    ),
    (
        "agreements.v1.AgreementService/GetLegalBasis",
        r#"{"party":"parties/tm","as_of":{"year":2016,"month":6,"day":1},"codes":["codebooks/registan-1/codes/non-execution"]}"#,
    ),
    ("agreements.v1.FrameworkService/ListFrameworks", r#"{"order_by":"title","page_size":1000}"#),
    ("agreements.v1.SourceService/ListSources", r#"{"order_by":"title","page_size":1000}"#),
    (
        "projects.v1.OrganizationService/ListOrganizations",
        r#"{"order_by":"display_name","page_size":1000}"#,
    ),
    ("projects.v1.ProjectService/ListProjects", r#"{"order_by":"title","page_size":1000}"#),
    (
        "projects.v1.ProjectService/ListProjects",
        r#"{"order_by":"title","filter":"recipients:KG AND frameworks:*"}"#,
    ),
    (
        "projects.v1.TransactionService/SumTransactions",
        r#"{"group_by":["DIMENSION_RECIPIENT","DIMENSION_YEAR"]}"#,
    ),
    (
        "rights.v1.RecommendationService/ListRecommendations",
        r#"{"order_by":"adopted desc","filter":"addressees:EU_DELEGATIONS"}"#,
    ),
    (
        "partnership.v1.PartnershipService/GetBrief",
        r#"{"party":"parties/tm","as_of":{"year":2025,"month":12,"day":31}}"#,
    ),
];

/// Refusals are the same too, of somebody who may write and of nobody.
const MISTAKES: &[(&str, &str)] = &[
    ("agreements.v1.PartyService/GetParty", r#"{"name":"parties/atlantis"}"#),
    ("agreements.v1.AgreementService/ListAgreements", r#"{"filter":"nope = 1"}"#),
    ("projects.v1.ProjectService/ListProjects", r#"{"page_token":"forged"}"#),
    ("rights.v1.ActivityService/CreateActivity", r#"{"activity":{"kind":"KIND_PRISON_VISIT"}}"#),
    ("partnership.v1.PartnershipService/GetBrief", r#"{"party":"parties/atlantis"}"#),
    ("nothing.v1.NoService/NoMethod", "{}"),
];

/// Lists in an order that both have: ties of an order are broken by uid, which differs.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, sorted(value))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        other => other,
    }
}

fn answers(suite: &Suite) -> Vec<Value> {
    let answered = QUESTIONS
        .iter()
        .map(|(method, request)| sorted(normal(&suite.ask(method, request).unwrap())));
    let told = |refusal: e2e::Refusal| json!({ "code": refusal.code, "text": refusal.text });
    let writer = MISTAKES.iter().map(|(method, request)| suite.ask_as_writer(method, request));
    let nobody = MISTAKES.iter().map(|(method, request)| suite.ask(method, request));
    let refused = writer.chain(nobody).map(|answer| told(answer.unwrap_err()));
    answered.chain(refused).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_on_sqlite_and_four_on_postgres_answer_alike() {
    let Some((distributed, _databases)) = Suite::distributed(Engine::Postgres).await else {
        return;
    };
    let Some(embedded) = Suite::embedded() else { return };

    let (ours, theirs) = (answers(&embedded), answers(&distributed));

    for (place, (method, request)) in QUESTIONS.iter().chain(MISTAKES).chain(MISTAKES).enumerate() {
        assert_eq!(ours[place], theirs[place], "{method} {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_down_is_named_and_the_rest_is_served() {
    let Some((mut suite, _databases)) = Suite::distributed(Engine::Postgres).await else { return };
    let brief = |suite: &Suite| {
        suite.ask("partnership.v1.PartnershipService/GetBrief", r#"{"party":"parties/tm"}"#)
    };
    assert_eq!(brief(&suite).unwrap()["money"]["status"]["completeness"], "COMPLETENESS_COMPLETE");

    suite.processes[1].kill();

    let brief = brief(&suite).unwrap();
    assert_eq!(brief["money"]["status"]["completeness"], "COMPLETENESS_MISSING");
    assert!(brief["money"]["status"]["reason"].as_str().unwrap().contains("projects"), "{brief}");
    assert_eq!(brief["law"]["status"]["completeness"], "COMPLETENESS_COMPLETE");
    assert_eq!(brief["rights"]["status"]["gaps"][0]["kind"], "GAP_KIND_COUNT_NOT_TOLD");
    let refusal = suite.ask("projects.v1.ProjectService/ListProjects", "{}").unwrap_err();
    assert_eq!(refusal.code, "Unavailable");
    assert!(
        refusal.text.contains("RetryInfo") && refusal.text.contains("projects"),
        "{}",
        refusal.text
    );
}

/// The instant of a record whose clock was ten years ahead once: past for its own service, in the
/// future for the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_brief_is_given_again_for_its_own_instant_after_a_clock_was_ahead() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some(suite) = Suite::embedded() else { return };
    let file = suite.folder.path().join("data/agreements.db");
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    // The first of January 2046.
    let ahead = 2_398_377_600_000_000_i64;
    let times =
        ["time", "public", "restricted", "confidential"].map(|it| format!("{it} = {ahead}"));
    db.execute_unprepared(&format!("UPDATE head SET {}", times.join(", "))).await.unwrap();
    let ask = |rest: &str| {
        let request = format!(r#"{{"party":"parties/tm"{rest}}}"#);
        suite.ask("partnership.v1.PartnershipService/GetBrief", &request)
    };

    let brief = ask("").unwrap();
    let instant = brief["law"]["status"]["readTime"].to_string();
    let again = ask(&format!(r#","read_time":{instant}"#)).unwrap();
    let later = ask(r#","read_time":"2046-01-01T00:00:01Z""#).unwrap_err();

    assert_eq!(instant, r#""2046-01-01T00:00:00Z""#);
    for part in ["law", "money", "rights"] {
        assert_eq!(again[part]["status"], brief[part]["status"]);
    }
    assert!(later.text.contains("READ_TIME_INVALID"), "{}", later.text);
}
