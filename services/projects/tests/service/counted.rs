//! The amounts that sums add, those that they never add, and those that they report as left out.

use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    Participant, Project, ProjectDate, ProjectRelation, Recipient, SumTransactionsRequest,
    SumTransactionsResponse, Transaction, participant, project as project_message, project_date,
    project_relation, transaction,
};
use api::registan::r#type::v1::{Date, PartialDate};

use crate::import::{FIRST, file, imported};
use crate::support::{Running, country, disbursement, on_both, project, sector, serve, violations};

pub fn below(title: &str, name: &str, identifier: &str) -> Project {
    let relation = ProjectRelation {
        kind: project_relation::Kind::Parent.into(),
        project: name.to_owned(),
        iati_identifier: identifier.to_owned(),
        ..ProjectRelation::default()
    };
    Project { relations: vec![relation], ..project(title) }
}

fn of_kind(title: &str, kind: project_message::Kind) -> Project {
    Project { kind: kind.into(), ..project(title) }
}

fn named(reason: &str) -> String {
    reason.trim_start_matches("REASON_").to_lowercase()
}

/// The rows in short: `TYPE KIND recipient/sector/participant/project=amount(count)`, then
/// `reason KIND=amount(count)`.
pub fn shown(answer: &SumTransactionsResponse) -> Vec<String> {
    let kind = |kind: &str| kind.trim_start_matches("KIND_").to_lowercase();
    let rows = answer.sums.iter().map(|sum| {
        let parts = [&sum.recipient, &sum.sector, &sum.participant, &sum.project];
        let key: Vec<_> =
            parts.into_iter().filter(|it| !it.is_empty()).map(String::as_str).collect();
        let kind = kind(sum.project_kind().as_str_name());
        format!("{kind} {}={}({})", key.join("/"), sum.amount, sum.transactions)
    });
    let left = answer.left_out.iter().map(|left| {
        let (reason, kind) = (left.reason().as_str_name(), kind(left.project_kind().as_str_name()));
        format!("{}: {kind} {}({})", named(reason), left.amount, left.transactions)
    });
    rows.chain(left).collect()
}

pub async fn sum(running: &mut Running, request: SumTransactionsRequest) -> Vec<String> {
    shown(&running.transactions.sum_transactions(request).await.unwrap().into_inner())
}

pub fn all() -> SumTransactionsRequest {
    SumTransactionsRequest::default()
}

pub fn by(dimensions: &[Dimension]) -> SumTransactionsRequest {
    let group_by = dimensions.iter().map(|it| (*it).into()).collect();
    SumTransactionsRequest { group_by, ..all() }
}

pub fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|&it| it.to_owned()).collect()
}

/// A programme of 100, a project of it of 100, and an envelope of 1000.
async fn family(running: &mut Running) {
    running.create_project("programme", project("Programme")).await;
    running.create_project("part", below("Part", "projects/programme", "")).await;
    running.create_project("envelope", of_kind("Envelope", project_message::Kind::Envelope)).await;
    for (id, amount) in [("programme", "100"), ("part", "100"), ("envelope", "1000")] {
        running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
    }
}

#[tokio::test]
async fn parent_and_child_and_envelope_and_project_and_types_are_never_added() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        family(&mut running).await;
        let pledge = Transaction {
            r#type: transaction::Type::OutgoingPledge.into(),
            ..disbursement("500", 1)
        };
        running.create_transaction("projects/part", pledge).await;

        let whole = sum(&mut running, all()).await;
        let projects = sum(&mut running, by(&[Dimension::Project, Dimension::Year])).await;
        let child = SumTransactionsRequest {
            filter: "project = \"projects/part\" AND type = DISBURSEMENT".to_owned(),
            ..all()
        };

        let left = "counted_in_parent: project 100(1)";
        assert_eq!(whole, ["project =100(1)", "envelope =1000(1)", "project =500(1)", left]);
        let rows = ["project projects/programme=100(1)", "envelope projects/envelope=1000(1)"];
        assert_eq!(projects[..2], rows);
        assert_eq!(projects[2..], ["project projects/part=500(1)", left]);
        assert_eq!(sum(&mut running, child).await, ["project =100(1)"]);
    })
    .await;
}

/// Projects for one country, for two with shares and without, for the region, for the world, and
/// for nobody that is said.
async fn shared(running: &mut Running) {
    let region = |code: &str| Recipient { region_code: code.to_owned(), ..Recipient::default() };
    for (id, recipients, amount) in [
        ("one", vec![country("TM", "")], "1"),
        ("split", vec![country("TM", "50"), country("AF", "50")], "20"),
        ("unsaid", vec![country("TM", ""), country("KG", "")], "300"),
        ("wider", vec![country("TM", ""), country("AF", "")], "4000"),
        ("others", vec![country("KG", ""), country("AF", "")], "50000"),
        ("regional", vec![region("619")], "600000"),
        ("african", vec![region("298")], "7000000"),
        ("nobody", vec![], "80000000"),
    ] {
        running.create_project(id, Project { recipients, ..project(id) }).await;
        running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
    }
}

#[tokio::test]
async fn the_share_of_a_country_or_region_is_summed_and_what_may_be_theirs_is_named() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        shared(&mut running).await;
        let of = |codes: &[&str]| SumTransactionsRequest { recipients: texts(codes), ..all() };

        let country = sum(&mut running, of(&["TM"])).await;
        let region = sum(&mut running, of(&["KZ", "KG", "TJ", "TM", "UZ", "619"])).await;
        let by_code = sum(&mut running, of(&["619"])).await;
        let grouped = SumTransactionsRequest {
            group_by: vec![Dimension::Recipient.into()],
            ..of(&["TM", "KG"])
        };

        assert_eq!(
            country,
            [
                "project =11(2)",
                "regional: project 600000(1)",
                "share_not_said: project 4300(2)",
                "recipient_not_said: project 80000000(1)"
            ]
        );
        assert_eq!(
            region,
            [
                "project =600311(4)",
                "share_not_said: project 54000(2)",
                "recipient_not_said: project 80000000(1)"
            ]
        );
        assert_eq!(by_code, region, "the states of a region are asked for with it");
        let grouped = sum(&mut running, grouped).await;
        assert_eq!(grouped[..2], ["project =300(1)", "project TM=11(2)"]);
    })
    .await;
}

/// Records three projects: of two kinds, with sectors and participants, and one without.
async fn record_kinds(running: &mut Running) {
    let taking_part = |role: participant::Role, reference: &str| Participant {
        role: role.into(),
        r#ref: reference.to_owned(),
        ..Participant::default()
    };
    let (funding, implementing) = (participant::Role::Funding, participant::Role::Implementing);
    let mut one = project("One");
    one.sectors = vec![sector("15160", "25"), sector("11220", "75")];
    one.participants = vec![taking_part(funding, "XI-EU"), taking_part(implementing, "XI-A")];
    let mut two = of_kind("Two", project_message::Kind::Pledge);
    two.sectors = vec![sector("15160", ""), sector("14020", "")];
    two.participants = vec![
        taking_part(funding, "XI-EU"),
        taking_part(implementing, "XI-A"),
        taking_part(implementing, "XI-B"),
    ];
    let three = project("Three");
    for (id, project, amount) in [("one", one, "100"), ("two", two, "40"), ("three", three, "7")] {
        running.create_project(id, project).await;
        running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
    }
}

#[tokio::test]
async fn sectors_participants_and_kinds_are_filtered_and_told_apart() {
    on_both(|url| {
        Box::pin(async move {
            let mut running = serve(&url).await;
            record_kinds(&mut running).await;
            let (funding, implementing) =
                (participant::Role::Funding, participant::Role::Implementing);
            let role = |role: participant::Role| SumTransactionsRequest {
                participant_role: role.into(),
                ..by(&[Dimension::Participant])
            };
            let of_sector = SumTransactionsRequest { sectors: texts(&["15160"]), ..all() };
            let pledges = SumTransactionsRequest {
                project_kinds: vec![project_message::Kind::Pledge.into()],
                ..all()
            };
            let part = SumTransactionsRequest {
                participant: "XI-A".to_owned(),
                participant_role: implementing.into(),
                ..all()
            };
            let no_part =
                SumTransactionsRequest { participant_role: funding.into(), ..part.clone() };

            assert_eq!(
                sum(&mut running, of_sector).await,
                ["project =25(1)", "share_not_said: pledge 40(1)", "sector_not_said: project 7(1)"]
            );
            assert_eq!(sum(&mut running, pledges).await, ["pledge =40(1)"]);
            assert_eq!(sum(&mut running, part).await, ["project =100(1)", "pledge =40(1)"]);
            assert!(sum(&mut running, no_part).await.is_empty());
            assert_eq!(
                sum(&mut running, role(funding)).await,
                ["project =7(1)", "project XI-EU=100(1)", "pledge XI-EU=40(1)"]
            );
            assert_eq!(
                sum(&mut running, role(implementing)).await,
                ["project =7(1)", "project XI-A=100(1)", "pledge =40(1)"]
            );
        })
    })
    .await;
}

/// IATI has no such date, and so no file says that it is gone.
#[tokio::test]
async fn an_import_keeps_the_day_of_an_announcement() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let announced = ProjectDate {
            kind: project_date::Kind::Announced.into(),
            date: Some(PartialDate {
                date: Some(Date { year: 2021, month: 4, day: 4 }),
                ..PartialDate::default()
            }),
        };
        let known = Project {
            iati_identifier: FIRST.to_owned(),
            dates: vec![announced.clone()],
            ..project("Water")
        };
        running.create_project("water", known).await;
        let forged =
            r#"<activity-date type="101" iso-date="2020-02-02"/><activity-status code="2"/>"#;
        let file = file("").replacen(r#"<activity-status code="2"/>"#, forged, 1);

        running.import(file.as_bytes()).await;

        let projects = imported(&mut running).await;
        let water = projects.iter().find(|it| it.name == "projects/water").unwrap();
        let kinds: Vec<_> = water.dates.iter().map(ProjectDate::kind).collect();
        let of_file = [project_date::Kind::PlannedStart, project_date::Kind::ActualStart];
        assert_eq!((&kinds[..2], kinds.len()), (&of_file[..], 3));
        assert_eq!(water.dates[2], announced);
    })
    .await;
}

#[tokio::test]
async fn codes_that_cannot_match_are_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let request = SumTransactionsRequest {
            recipients: texts(&["999", "JJ", "UK", "kg"]),
            sectors: texts(&["energy", ""]),
            project_kinds: vec![99],
            participant_role: 99,
            ..all()
        };

        let refusal = running.transactions.sum_transactions(request).await.unwrap_err();

        let wanted = [
            ("project_kinds[0]", "UNKNOWN_VALUE"),
            ("recipients[0]", "RECIPIENT_INVALID"),
            ("recipients[1]", "RECIPIENT_INVALID"),
            ("recipients[2]", "RECIPIENT_INVALID"),
            ("recipients[3]", "RECIPIENT_INVALID"),
            ("sectors[0]", "NUMBER_INVALID"),
            ("sectors[1]", "REQUIRED"),
            ("participant_role", "UNKNOWN_VALUE"),
        ];
        let wanted = wanted.map(|(field, reason)| (field.to_owned(), reason.to_owned()));
        assert_eq!(violations(&refusal), wanted);
        let own = SumTransactionsRequest {
            sectors: texts(&["energy"]),
            sector_vocabulary: "99".to_owned(),
            ..all()
        };
        assert_eq!(running.sums(own).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_names_nothing_is_refused_as_in_a_list() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("water", project("Water")).await;
        running.create_transaction("projects/water", disbursement("1", 1)).await;

        for (filter, refused) in [
            ("project = \"projects/xx\"", true),
            ("project = \"projects/water\"", false),
            ("date > \"2999-01-01\"", false),
        ] {
            let request = SumTransactionsRequest { filter: filter.to_owned(), ..all() };
            let answer = running.transactions.sum_transactions(request).await;
            let wanted = vec![("filter".to_owned(), "FILTER_NAMES_NOTHING".to_owned())];
            let found = answer.err().map(|refusal| violations(&refusal));
            assert_eq!(found, refused.then_some(wanted), "{filter}");
        }
    })
    .await;
}

/// Each way to tell sums apart, and each filter, counts the same level.
#[tokio::test]
async fn a_parent_that_covers_its_children_counts_them_whoever_gains() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("programme", project("Programme")).await;
        let recipients = vec![country("UZ", "100")];
        let part = Project { recipients, ..below("Part", "projects/programme", "") };
        running.create_project("part", part).await;
        running.create_project("unsaid", below("Unsaid", "projects/programme", "")).await;
        for (id, amount) in [("programme", "5000"), ("part", "100"), ("unsaid", "30")] {
            running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
        }

        let of_uz = SumTransactionsRequest { recipients: texts(&["UZ"]), ..all() };
        let counted = "counted_in_parent: project 130(2)";
        let unsaid = "recipient_not_said: project 5000(1)";
        assert_eq!(sum(&mut running, of_uz).await, [counted, unsaid]);
        let rows = sum(&mut running, by(&[Dimension::Recipient])).await;
        assert_eq!(rows, ["project =5000(1)", counted]);
    })
    .await;
}
