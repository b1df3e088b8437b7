//! Where facts come from: what a source says of itself, how a fact rests on it, how far an
//! identifier is trusted.

use api::registan::agreements::v1::milestone::Kind as Happened;
use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::source::UriOrigin;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreateSourceRequest, DeletePartyRequest,
    GetAgreementRequest, GetSourceRequest, ListSourcesRequest, Milestone, Source, Statement,
    agreement, source,
};
use api::registan::options::v1::Tier;
use api::registan::references::v1::ListPublicationsRequest;
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{Basis, Confidence, Date, ExternalId, PartialDate, SourceRef};
use sea_orm::{ConnectionTrait, Database, QueryResult, Statement as Sql};
use tonic::Code;

use crate::support::{fields, on_both, party, reason, serve};

/// A report that says something about `parties/kz`.
fn report() -> Source {
    Source {
        kind: source::Kind::Press.into(),
        title: "A report".to_owned(),
        uri: "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:21999A0728(02)".to_owned(),
        uri_origin: UriOrigin::Celex.into(),
        uri_note: "made of a number that is likely".to_owned(),
        confidence: Confidence::Likely.into(),
        external_ids: vec![ExternalId {
            scheme: Scheme::Celex.into(),
            value: "21999A0728(02)".to_owned(),
            confidence: Confidence::Unsure.into(),
        }],
        statements: vec![statement("first")],
        parties: vec!["parties/kz".to_owned()],
        ..Source::default()
    }
}

fn statement(id: &str) -> Statement {
    Statement {
        statement_id: id.to_owned(),
        text: "It will be voted on".to_owned(),
        concerns: vec!["parties/kz".to_owned()],
        basis: Basis::Reported.into(),
        confidence: Confidence::Unsure.into(),
        hedge: "reportedly".to_owned(),
    }
}

fn create(source: Source) -> CreateSourceRequest {
    CreateSourceRequest {
        source: Some(source),
        source_id: "report".to_owned(),
        ..CreateSourceRequest::default()
    }
}

#[tokio::test]
async fn a_source_keeps_how_it_was_found_and_what_it_says() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for id in ["kz", "kg"] {
            running.parties.create_party(party(id, Kind::State)).await.unwrap();
        }
        running.sources.create_source(create(report())).await.unwrap();

        let get = GetSourceRequest { name: "sources/report".to_owned(), ..Default::default() };
        let kept = running.sources.get_source(get).await.unwrap().into_inner();
        let wanted = Source {
            name: kept.name.clone(),
            uid: kept.uid.clone(),
            etag: kept.etag.clone(),
            create_time: kept.create_time,
            update_time: kept.update_time,
            tier: kept.tier,
            desks: kept.desks.clone(),
            ..report()
        };
        assert_eq!(kept, wanted);

        for (filter, found) in [
            ("statements:\"parties/kz\"", 1),
            ("statements:\"sources/report\"", 0),
            ("parties:\"parties/kz\"", 1),
            ("parties:\"parties/kg\"", 0),
            ("external_ids:\"21999A0728(02)\"", 1),
        ] {
            let list = ListSourcesRequest { filter: filter.to_owned(), ..Default::default() };
            let listed = running.sources.list_sources(list).await.unwrap().into_inner();
            assert_eq!(listed.sources.len(), found, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_statement_is_about_what_is_recorded() {
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let missing = running.sources.create_source(create(report())).await.unwrap_err();
        assert_eq!(
            (missing.code(), reason(&missing).as_str()),
            (Code::FailedPrecondition, "REFERENCE_MISSING")
        );

        running.parties.create_party(party("kz", Kind::State)).await.unwrap();
        let wrong = Source {
            statements: vec![
                statement("first"),
                statement("first"),
                statement("Third"),
                Statement { concerns: vec!["projects/p1".to_owned()], ..statement("fourth") },
            ],
            ..report()
        };
        let refused = running.sources.create_source(create(wrong)).await.unwrap_err();
        let mut at = fields(&refused);
        at.sort();
        assert_eq!(
            at,
            [
                "source.statements[1].statement_id",
                "source.statements[2].statement_id",
                "source.statements[3].concerns[0]",
            ]
        );

        running.sources.create_source(create(report())).await.unwrap();
        let delete = DeletePartyRequest { name: "parties/kz".to_owned(), ..Default::default() };
        let refused = running.parties.delete_party(delete).await.unwrap_err();
        assert_eq!(reason(&refused), "IS_REFERENCED");
    })
    .await;
}

#[tokio::test]
async fn a_fact_keeps_how_it_rests_on_its_source() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let cited = |basis: Basis| SourceRef {
            citation: "a press release".to_owned(),
            basis: basis.into(),
            ..SourceRef::default()
        };
        let applied = Milestone {
            kind: Happened::InForce.into(),
            date: Some(PartialDate {
                date: Some(Date { year: 2024, month: 4, day: 5 }),
                ..PartialDate::default()
            }),
            source: Some(cited(Basis::Editorial)),
            ..Milestone::default()
        };
        let memorandum = Agreement {
            kind: agreement::Kind::MemorandumOfUnderstanding.into(),
            title: "A memorandum".to_owned(),
            source: Some(cited(Basis::Unspecified)),
            milestones: vec![applied.clone()],
            ..Agreement::default()
        };
        let request = CreateAgreementRequest {
            agreement: Some(memorandum.clone()),
            agreement_id: "memorandum".to_owned(),
            ..CreateAgreementRequest::default()
        };
        running.agreements.create_agreement(request).await.unwrap();

        let get =
            GetAgreementRequest { name: "agreements/memorandum".to_owned(), ..Default::default() };
        let kept = running.agreements.get_agreement(get).await.unwrap().into_inner();
        assert_eq!((kept.milestones, kept.source), (vec![applied], memorandum.source));
    })
    .await;
}

#[tokio::test]
async fn the_log_has_each_confidential_source_whose_date_another_service_was_told() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("kz", Kind::State)).await.unwrap();
        let mut names = Vec::new();
        for tier in [Tier::Public, Tier::Confidential] {
            let source = Source { tier: tier.into(), ..report() };
            // Above PUBLIC the server makes the id.
            let asked = create(source);
            let source_id = if tier == Tier::Public { asked.source_id } else { String::new() };
            let request = CreateSourceRequest { source_id, ..asked };
            names.push(running.sources.create_source(request).await.unwrap().into_inner().name);
        }

        let request = ListPublicationsRequest { names, read_time: None };
        let answer = running.references.list_publications(request).await.unwrap();

        assert_eq!(answer.into_inner().publications.len(), 2);
        let db = Database::connect(&url).await.unwrap();
        let sql = "SELECT kind, method FROM change WHERE operation = 'read'";
        let statement = Sql::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap();
        let text = |row: &QueryResult, column| row.try_get::<String>("", column).unwrap();
        let lines = rows.iter().map(|row| text(row, "kind") + " " + &text(row, "method"));
        assert_eq!(lines.collect::<Vec<_>>(), ["source references.read"]);
    })
    .await;
}
