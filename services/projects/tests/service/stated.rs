//! The statement of a file replaces what was recorded: what it no longer states is gone, and edits
//! by hand of what it states are overwritten, with a finding.

use api::registan::options::v1::Tier;
use api::registan::projects::v1::{
    DeleteTransactionRequest, GetProjectRequest, ListProjectsRequest, ListTransactionsRequest,
    Organization, Participant, Project, SumTransactionsRequest, Transaction, TransactionParty,
    UpdateProjectRequest, UpdateTransactionRequest,
};
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{Confidence, ExternalId};
use prost_types::FieldMask;

use crate::aliases::known;
use crate::import::{changes, imported, paid, rules};
use crate::support::{Running, citation, country, messages, on_both, project, serve, unhcr};

const CHILD: &str = "XI-C";

/// All that a file states of an activity but its identifier, reporter, title and transactions.
const STATED: &str = r#"<title><narrative>Child</narrative></title>
<description><narrative>Wells</narrative></description>
<participating-org role="1" ref="XI-OLD" type="40"/>
<other-identifier ref="W-1" type="A1"/>
<activity-status code="2"/>
<activity-date type="2" iso-date="2022-03-15"/>
<recipient-country code="KZ"/>
<sector vocabulary="1" code="11110"/>
<related-activity type="1" ref="XI-P"/>"#;

fn activity(identifier: &str, currency: &str, stated: &str, transactions: &str) -> String {
    format!(
        r#"<iati-activity {currency} xml:lang="en"><iati-identifier>{identifier}</iati-identifier>
<reporting-org ref="XI-1" type="40"/>{stated}{transactions}</iati-activity>"#
    )
}

fn file(activities: &[String]) -> String {
    format!(r#"<iati-activities version="2.03">{}</iati-activities>"#, activities.concat())
}

const EUR: &str = r#"default-currency="EUR""#;

/// A file of a parent that paid 100, and of a child of which this much is stated.
fn family(stated: &str) -> String {
    let paid = |amount| paid(amount, "2023-01-01").replace("<value ", r#"<value currency="EUR" "#);
    let parent = "<title><narrative>Parent</narrative></title>";
    let currency = if stated.is_empty() { "" } else { EUR };
    file(&[
        activity("XI-P", EUR, parent, &paid("100")),
        activity(CHILD, currency, stated, &paid("40")),
    ])
}

/// A file of one activity with these transactions.
pub fn single(title: &str, transactions: &str) -> String {
    let stated = format!(
        r#"<title><narrative>{title}</narrative></title><activity-status code="2"/><activity-date type="2" iso-date="2022-03-15"/>"#
    );
    file(&[activity(CHILD, EUR, &stated, transactions)])
}

async fn child(running: &mut Running) -> Project {
    let all = imported(running).await;
    all.into_iter().find(|it| it.iati_identifier == CHILD).unwrap()
}

async fn update(running: &mut Running, project: Project, path: &str) {
    let request = UpdateProjectRequest {
        project: Some(Project { etag: String::new(), ..project }),
        update_mask: Some(FieldMask { paths: vec![path.to_owned()] }),
        ..UpdateProjectRequest::default()
    };
    running.projects.update_project(request).await.unwrap();
}

pub async fn transactions(running: &mut Running) -> Vec<Transaction> {
    let parent = "projects/-".to_owned();
    let request = ListTransactionsRequest { parent, ..ListTransactionsRequest::default() };
    running.transactions.list_transactions(request).await.unwrap().into_inner().transactions
}

pub async fn edit(running: &mut Running, transaction: Transaction) {
    let request = UpdateTransactionRequest {
        transaction: Some(Transaction { etag: String::new(), ..transaction }),
        update_mask: Some(FieldMask { paths: vec!["*".to_owned()] }),
        ..UpdateTransactionRequest::default()
    };
    running.transactions.update_transaction(request).await.unwrap();
}

pub async fn delete(running: &mut Running, transaction: &Transaction) {
    let name = transaction.name.clone();
    let request = DeleteTransactionRequest { name, ..DeleteTransactionRequest::default() };
    running.transactions.delete_transaction(request).await.unwrap();
}

async fn total(running: &mut Running) -> Vec<String> {
    let sums = running.sums(SumTransactionsRequest::default()).await;
    sums.into_iter().map(|sum| sum.amount).collect()
}

async fn found(running: &mut Running, filter: &str) -> usize {
    let request =
        ListProjectsRequest { filter: filter.to_owned(), ..ListProjectsRequest::default() };
    running.projects.list_projects(request).await.unwrap().into_inner().projects.len()
}

fn with_amount(transaction: &Transaction, amount: &str) -> Transaction {
    let mut edited = transaction.clone();
    amount.clone_into(&mut edited.value.as_mut().unwrap().amount);
    edited
}

#[tokio::test]
async fn what_a_file_no_longer_states_is_gone() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(family(STATED).as_bytes()).await;
        let before = child(&mut running).await;
        assert_eq!(total(&mut running).await, ["100"]);

        let emptied = family("");
        let dry = running.try_import(messages("a.xml", true, emptied.as_bytes())).await.unwrap();
        let first = running.import(emptied.as_bytes()).await;
        let second = running.import(emptied.as_bytes()).await;
        let after = child(&mut running).await;

        assert_eq!((before.status, before.desks.len()), (2, 1));
        assert_eq!(changes(&dry), [0, 1, 1, 0, 0, 0]);
        assert_eq!(changes(&first), [0, 1, 1, 0, 0, 0]);
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
        let bare = Project {
            name: before.name,
            uid: before.uid,
            create_time: before.create_time,
            tier: before.tier,
            kind: before.kind,
            // A project must have one.
            title: before.title,
            iati_identifier: before.iati_identifier,
            source: before.source,
            etag: after.etag.clone(),
            update_time: after.update_time,
            ..Project::default()
        };
        assert_eq!(after, bare);
        assert_eq!(total(&mut running).await, ["140"]);
        assert_eq!(found(&mut running, "recipients:KZ").await, 0);

        let back = running.import(family(STATED).as_bytes()).await;
        assert_eq!(changes(&back), [0, 1, 1, 0, 0, 0]);
        assert_eq!(total(&mut running).await, ["100"]);
    })
    .await;
}

#[tokio::test]
async fn what_no_file_can_state_stays_when_the_rest_is_emptied() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let judged = |scheme: Scheme, value: &str, confidence: Confidence| ExternalId {
            scheme: scheme.into(),
            value: value.to_owned(),
            confidence: confidence.into(),
        };
        let curated = Project {
            iati_identifier: CHILD.to_owned(),
            note: "Looked up by hand".to_owned(),
            agreements: vec!["agreements/epca".to_owned()],
            tier: Tier::Restricted.into(),
            recipients: vec![country("KZ", "100")],
            external_ids: vec![
                judged(Scheme::Cris, "ACA/2019/041-701", Confidence::Unspecified),
                judged(Scheme::Iati, "XI-BY-HAND", Confidence::Likely),
            ],
            participants: vec![Participant {
                display_name: "Somebody".to_owned(),
                ..Participant::default()
            }],
            ..project("Water, as we call it")
        };
        let before = running.create_project("", curated).await;

        let first = running.import(single("Wells", "").as_bytes()).await;
        let second = running.import(single("Wells", "").as_bytes()).await;
        let name = before.name.clone();
        let get = GetProjectRequest { name, ..GetProjectRequest::default() };
        let after = running.projects.get_project(get).await.unwrap().into_inner();

        assert_eq!(changes(&first), [0, 1, 0, 0, 0, 0]);
        assert_eq!(changes(&second), [0, 0, 1, 0, 0, 0]);
        assert_eq!((&after.note, &after.agreements), (&before.note, &before.agreements));
        assert_eq!((after.tier, &after.external_ids), (before.tier, &before.external_ids));
        // Without recipients it would be of all desks.
        assert_eq!((&after.recipients, &after.desks), (&before.recipients, &before.desks));
        assert!(after.participants.is_empty() && !after.desks.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_edited_transaction_is_again_as_the_file_has_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &(paid("6", "2023-01-01") + &paid("1", "2023-01-01")));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.into_iter();
        let six = six.into_iter().find(|it| it.value.as_ref().unwrap().amount == "6").unwrap();
        edit(&mut running, with_amount(&six, "66")).await;

        let dry = running.try_import(messages("a.xml", true, file.as_bytes())).await.unwrap();
        let edited = total(&mut running).await;
        let first = running.import(file.as_bytes()).await;
        let second = running.import(file.as_bytes()).await;

        for report in [&dry, &first] {
            assert_eq!(changes(report), [0, 1, 0, 0, 0, 0]);
            assert_eq!(report.transactions_updated, 1);
            assert_eq!(rules(report), ["overwritten"]);
            assert!(report.findings[0].message.contains(&six.name), "{report:?}");
        }
        assert_eq!((changes(&second), second.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!(second.transactions_updated, 0);
        assert_eq!((edited, total(&mut running).await), (vec!["67".into()], vec!["7".into()]));
    })
    .await;
}

#[tokio::test]
async fn an_edited_transaction_that_the_file_says_otherwise_is_deleted_with_a_finding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(single("Wells", &paid("6", "2023-01-01")).as_bytes()).await;
        let six = transactions(&mut running).await.remove(0);
        edit(&mut running, with_amount(&six, "66")).await;

        let restated = running.import(single("Wells", &paid("60", "2023-01-01")).as_bytes()).await;

        assert_eq!(changes(&restated), [0, 1, 0, 0, 1, 1]);
        assert_eq!(rules(&restated), ["overwritten"]);
        assert!(restated.findings[0].message.contains("was edited"), "{restated:?}");
        assert_eq!(total(&mut running).await, ["60"]);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_comes_back_is_as_the_file_has_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &paid("6", "2023-01-01"));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.remove(0);
        edit(&mut running, with_amount(&six, "66")).await;
        delete(&mut running, &six).await;

        let back = running.import(file.as_bytes()).await;
        let again = running.import(file.as_bytes()).await;
        running.import(single("Wells", "").as_bytes()).await;
        let unedited = running.import(file.as_bytes()).await;
        delete(&mut running, &six).await;
        let by_hand = running.import(file.as_bytes()).await;

        assert_eq!(changes(&back), [0, 1, 0, 0, 1, 0]);
        assert_eq!(rules(&back), ["overwritten"]);
        assert_eq!((changes(&again), again.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!((changes(&unedited), unedited.findings.len()), ([0, 1, 0, 0, 1, 0], 0));
        assert_eq!(changes(&by_hand), [0, 1, 0, 0, 1, 0]);
        assert_eq!(rules(&by_hand), ["overwritten"]);
        assert!(by_hand.findings[0].message.contains("deleted by hand"), "{by_hand:?}");
        let now = transactions(&mut running).await.remove(0);
        assert_eq!((now.uid, now.value), (six.uid, six.value));
    })
    .await;
}

#[tokio::test]
async fn what_no_file_can_state_of_a_transaction_stays() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &paid("6", "2023-01-01"));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.remove(0);
        let organization = Organization {
            display_name: "Vodokanal".to_owned(),
            source: Some(citation("a list of organizations")),
            ..Organization::default()
        };
        known(&mut running, "water", organization).await;
        let receiver = TransactionParty {
            organization: "organizations/water".to_owned(),
            ..six.receiver.clone().unwrap()
        };
        let tier = Tier::Restricted.into();
        let linked = Transaction { receiver: Some(receiver), tier, ..six };
        edit(&mut running, linked.clone()).await;

        let same = running.import(file.as_bytes()).await;
        edit(&mut running, with_amount(&linked, "66")).await;
        let edited = running.import(file.as_bytes()).await;
        let now = transactions(&mut running).await.remove(0);

        assert_eq!((changes(&same), same.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!(edited.transactions_updated, 1);
        assert_eq!((now.receiver, now.tier), (linked.receiver, linked.tier));
        assert_eq!(now.value, linked.value);
    })
    .await;
}

#[tokio::test]
async fn what_was_edited_by_hand_is_overwritten_with_a_finding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", "");
        running.import(file.as_bytes()).await;
        let wells = child(&mut running).await;

        let noted = Project { note: "Seen".to_owned(), ..wells.clone() };
        update(&mut running, noted, "note").await;
        let same = running.import(file.as_bytes()).await;
        let titled = Project { title: "Pumps".to_owned(), ..wells };
        update(&mut running, titled, "title").await;
        let edited = running.import(file.as_bytes()).await;
        let again = running.import(file.as_bytes()).await;
        let renamed = running.import(single("Water", "").as_bytes()).await;

        assert_eq!((changes(&same), same.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!((changes(&edited), rules(&edited)), ([0, 1, 0, 0, 0, 0], vec!["overwritten"]));
        assert!(edited.findings[0].message.contains("title"), "{edited:?}");
        assert_eq!((again.findings.len(), renamed.findings.len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_part_of_an_activity_takes_nothing_from_its_project() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let many: String = (1..=1100).map(|it| paid(&it.to_string(), "2023-01-01")).collect();
        // It is read after the first parts are recorded.
        let file = single("Wells", &(many + r#"<recipient-country code="KZ"/>"#));
        running.import(file.as_bytes()).await;
        let project = child(&mut running).await;
        let first = transactions(&mut running).await.remove(0);
        edit(&mut running, Transaction { tier: Tier::Restricted.into(), ..first.clone() }).await;
        let hidden = transactions(&mut running).await.remove(0);
        delete(&mut running, &first).await;

        let back = running.import(file.as_bytes()).await;
        let again = running.import(file.as_bytes()).await;
        let now = transactions(&mut running).await.remove(0);

        assert_eq!(hidden.desks, project.desks);
        assert_eq!((now.name, now.desks), (first.name, project.desks));
        assert_eq!((changes(&back), rules(&back)), ([0, 1, 0, 0, 1, 0], vec!["overwritten"]));
        assert_eq!((changes(&again), rules(&again)), ([0, 0, 1, 0, 0, 0], vec![]));
    })
    .await;
}

/// A file without its transactions.
fn without_transactions(file: &str) -> String {
    let file = file.replace("<transaction ", "<transaction>");
    let mut parts = file.split("<transaction>");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once("</transaction>").unwrap().1)
}

#[tokio::test]
async fn published_transactions_come_back_as_they_were() {
    let sample = include_str!("../../../../samples/iati-central-asia.xml").to_owned();
    let published = unhcr().and_then(|file| String::from_utf8(file).ok());
    for file in [sample].into_iter().chain(published) {
        let (file, without) = (&file, &without_transactions(&file));
        on_both(|url| async move {
            let mut running = serve(&url).await;
            let first = running.import(file.as_bytes()).await;
            let gone = running.import(without.as_bytes()).await;

            let back = running.import(file.as_bytes()).await;
            let again = running.import(file.as_bytes()).await;

            assert!(first.transactions_created > 0);
            assert_eq!(gone.transactions_deleted, first.transactions_created);
            assert_eq!(back.transactions_created, first.transactions_created);
            assert_eq!(changes(&again), [0, 0, first.created, first.skipped, 0, 0]);
            assert_eq!((back.transactions_updated, again.transactions_updated), (0, 0));
            assert_eq!((rules(&back), rules(&again)), (rules(&first), rules(&first)));
        })
        .await;
    }
}
