//! An agreement that a program of before recorded, when documents were JSON.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use agreements::domain::Party;
use api::registan::agreements::v1::Party as Message;
use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, ExportAgreementsRequest, GetAgreementRequest, GetLegalBasisRequest,
    GetProvisionRequest, ListAgreementRevisionsRequest, ListAgreementsRequest, Milestone,
    Participation, ProvisionPart, Relation, UpdateAgreementRequest, agreement_party,
    legal_basis_provision, milestone, participation, provision_part, relation,
};
use api::registan::r#type::v1::partial_date::Qualifier;
use api::registan::r#type::v1::{
    Basis, Confidence, ExternalId, LocalizedText, PartialDate, SourceRef, external_id,
};
use chassis::clock::SystemClock;
use chronicle::verify::verify;
use chronicle::{Call, Chronicle, Document, Field, Period, Resource};
use facts::Day;
use policy::{Desks, Tier};
use prost_types::{FieldMask, Timestamp};
use sea_orm_migration::MigratorTrait;

use crate::agreements::{between, day};
use crate::support::{Running, citation, fields, party, reason, serve};

/// The document as the program of before wrote it.
const DOCUMENT: &[u8] = include_bytes!("../agreement_of_before.json");

const NAME: &str = "agreements/before";

/// The migration that makes resources of provisions.
const MOVES: &str = "m20261128_000016_move_provisions";

/// The agreement with the index that the program of before wrote.
#[derive(Clone, PartialEq)]
struct Before;

impl Document for Before {
    fn to_document(&self) -> Result<Vec<u8>, String> {
        Ok(DOCUMENT.to_vec())
    }

    fn from_document(_: &[u8]) -> Result<Self, String> {
        Ok(Self)
    }
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(ToOwned::to_owned).to_vec()
}

fn periods() -> Vec<Period> {
    let turns = [0, 19_990_701, 19_990_731, 20_010_101, 20_020_531];
    let states = ["NOT_STARTED", "UNDETERMINED", "SIGNED", "UNDETERMINED", "IN_FORCE"];
    let until = turns.into_iter().skip(1).map(Some).chain([None]);
    let periods = states.into_iter().zip(turns).zip(until);
    periods
        .map(|((value, from), until)| Period { value, from: Day(from), until: until.map(Day) })
        .collect()
}

impl Resource for Before {
    const KIND: &'static str = "agreement";
    const PATTERN: &'static str = "agreements/{agreement}";

    fn name(&self) -> &str {
        NAME
    }

    fn tier(&self) -> Tier {
        Tier::Public
    }

    fn desks(&self) -> Desks {
        Desks::of_parties(["parties/eu", "parties/kz"])
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", &["CONVENTION"], |_| "CONVENTION"),
            Field::sorted_words("title", |_| "A convention of before".to_owned()),
            Field::flag("binding", |_| true),
            Field::flag("mixed", |_| true),
            Field::sorted_day("signed_on", |_| 19_990_701),
            Field::texts("parties", |_| texts(["parties/eu", "parties/kz"])),
            Field::texts("relations", |_| texts(["agreements/eu-kz-epca-2015"])),
            Field::texts("participations", |_| {
                let bare = ["parties/kg", "parties/kz"];
                [texts(bare), texts(["parties/kg NOT_PARTY", "parties/kz RATIFIED"])].concat()
            }),
            Field::choices("participations.kind", &[], |_| vec!["NOT_PARTY", "RATIFIED"]),
            Field::texts("external_ids", |_| texts(["22016 a 204 1", "cb", "short name cb"])),
            Field::periods("status", &[], |_| periods()),
        ]
    }
}

fn date(year: i32, month: i32, day: i32) -> PartialDate {
    PartialDate { date: self::day(year, month, day), ..PartialDate::default() }
}

fn milestones() -> Vec<Milestone> {
    use milestone::Kind::{InForce, Ratified, Signed, Suspended};
    let of = |kind: milestone::Kind, date| Milestone {
        kind: kind.into(),
        date: Some(date),
        ..Milestone::default()
    };
    let signed = PartialDate {
        qualifier: Qualifier::Circa.into(),
        as_given: "July 1999".to_owned(),
        ..date(1999, 7, 0)
    };
    let source = SourceRef {
        locator: "p. 3".to_owned(),
        basis: Basis::Reported.into(),
        ..citation("OJ L 1")
    };
    vec![
        Milestone {
            place: "Brussels".to_owned(),
            note: "In two languages.".to_owned(),
            source: Some(source),
            confidence: Confidence::Likely.into(),
            preferred: true,
            ..of(Signed, signed)
        },
        Milestone { unattributed: true, ..of(Ratified, date(2000, 2, 3)) },
        Milestone { party: "parties/kz".to_owned(), ..of(Ratified, date(2000, 0, 0)) },
        of(InForce, PartialDate { end: day(2002, 5, 0), ..date(2001, 0, 0) }),
        Milestone {
            scope: "technical meetings".to_owned(),
            ..of(Suspended, PartialDate { qualifier: Qualifier::From.into(), ..date(2005, 10, 3) })
        },
    ]
}

fn participations() -> Vec<Participation> {
    let stated = PartialDate { qualifier: Qualifier::Until.into(), ..date(2024, 0, 0) };
    vec![
        Participation {
            party: "parties/kz".to_owned(),
            kind: participation::Kind::Ratified.into(),
            date: Some(date(2000, 2, 3)),
            stated: Some(stated),
            note: "With a reservation.".to_owned(),
            source: Some(citation("A list")),
            confidence: Confidence::Unsure.into(),
            preferred: true,
        },
        Participation {
            party: "parties/kg".to_owned(),
            kind: participation::Kind::NotParty.into(),
            ..Participation::default()
        },
    ]
}

fn provisions() -> Vec<ProvisionPart> {
    let of = |id: &str, kind: provision_part::Kind, article: &str| ProvisionPart {
        provision_id: id.to_owned(),
        kind: kind.into(),
        article: article.to_owned(),
        ..ProvisionPart::default()
    };
    let element = ProvisionPart {
        summary: "Respect.".to_owned(),
        source: Some(citation("Article 2")),
        confidence: Confidence::Certain.into(),
        ..of("art-2", provision_part::Kind::EssentialElement, "Article 2")
    };
    vec![element, of("art-3", provision_part::Kind::Other, "Article 3")]
}

/// The agreement of the document, as the program of before answered it, without what the server
/// says beside it.
fn known() -> Agreement {
    let text = |language: &str, text: &str, original| LocalizedText {
        language_code: language.to_owned(),
        text: text.to_owned(),
        original,
    };
    let id = |scheme: external_id::Scheme, value: &str, confidence| ExternalId {
        scheme: scheme.into(),
        value: value.to_owned(),
        confidence,
    };
    let mut parties = between(&["eu", "kz"]);
    parties[1] =
        AgreementParty { role: agreement_party::Role::Unspecified.into(), ..parties[1].clone() };
    Agreement {
        name: NAME.to_owned(),
        tier: api::registan::options::v1::Tier::Public.into(),
        kind: Kind::Convention.into(),
        title: "A convention of before".to_owned(),
        titles: vec![text("kk", "Konvenciâ", true), text("", "Convention", false)],
        binding: true,
        mixed: true,
        parties,
        milestones: milestones(),
        provisions: provisions(),
        relations: vec![Relation {
            kind: relation::Kind::BasedOn.into(),
            agreement: "agreements/eu-kz-epca-2015".to_owned(),
            note: "Its Title I.".to_owned(),
            ..Relation::default()
        }],
        participations: participations(),
        legal_basis: texts(["TFEU 207"]),
        external_ids: vec![
            id(external_id::Scheme::Other, "short-name:CB", Confidence::Certain.into()),
            id(external_id::Scheme::Celex, "22016A0204(01)", 0),
        ],
        note: "Of before.".to_owned(),
        source: Some(citation("A list")),
        confidence: Confidence::Likely.into(),
        ..Agreement::default()
    }
}

/// The same, since its provisions are resources.
fn moved() -> Agreement {
    Agreement { provisions: Vec::new(), ..known() }
}

/// Returns an answer without what the server says of it beside the document.
fn said(answer: &Agreement) -> Agreement {
    Agreement {
        uid: String::new(),
        etag: String::new(),
        create_time: None,
        update_time: None,
        desks: Vec::new(),
        status: None,
        ..answer.clone()
    }
}

/// The service over a database in which a program of before recorded the agreement.
async fn recorded(url: &str) -> Running {
    let db = chronicle::database::open(url).await.unwrap();
    // As far as the program of before came: what follows moves its provisions.
    let all = agreements::store::Migrator::migrations();
    let moves = all.iter().position(|one| one.name() == MOVES).unwrap();
    let before = Some(u32::try_from(moves).unwrap());
    agreements::store::Migrator::up(&db, before).await.unwrap();
    let record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State)] {
        let party = party(id, kind).party.unwrap();
        let (name, tier) = (format!("parties/{id}"), api::registan::options::v1::Tier::Public);
        let party = Party::of(Message { name, tier: tier.into(), ..party });
        record.create(&Call::default(), party).await.unwrap();
    }
    record.create(&Call::default(), Before).await.unwrap();
    drop(record);
    serve(url).await
}

/// Checks that the index of every document is what it says now, and that the log commits to it.
async fn fits(url: &str) {
    let db = chronicle::database::open(url).await.unwrap();
    let found = verify(&db, &agreements::store::kinds(), None, |_| {}).await.unwrap();
    assert!(found.is_ok(), "{found:?}");
}

/// Every way to read it: Get, List by a filter, Export.
async fn answers(running: &mut Running, filter: &str) -> [Agreement; 3] {
    let (name, as_of) = (NAME.to_owned(), day(2001, 6, 1));
    let get = GetAgreementRequest { name, as_of, read_time: None, known_by: None };
    let list = ListAgreementsRequest {
        filter: filter.to_owned(),
        as_of,
        ..ListAgreementsRequest::default()
    };
    let export = ExportAgreementsRequest {
        filter: filter.to_owned(),
        as_of,
        ..ExportAgreementsRequest::default()
    };
    let mut page = running.agreements.list_agreements(list).await.unwrap().into_inner().agreements;
    let mut exported = running.agreements.export_agreements(export).await.unwrap().into_inner();
    let got = running.agreements.get_agreement(get).await.unwrap().into_inner();
    [got, page.remove(0), exported.message().await.unwrap().unwrap()]
}

#[tokio::test]
async fn an_agreement_that_was_recorded_as_json_is_read_asked_and_changed() {
    testkit::on_both(|url| async move {
        let mut running = recorded(&url).await;
        fits(&url).await;

        for answer in answers(&mut running, "kind = CONVENTION").await {
            assert_eq!(said(&answer), moved());
            assert_eq!(answer.status.unwrap().state(), State::Undetermined);
        }

        let note = "Of now.".to_owned();
        let request = UpdateAgreementRequest {
            agreement: Some(Agreement { name: NAME.to_owned(), note, ..Agreement::default() }),
            update_mask: Some(FieldMask { paths: texts(["note"]) }),
            ..UpdateAgreementRequest::default()
        };
        let updated = running.agreements.update_agreement(request).await.unwrap().into_inner();
        assert_eq!(said(&updated), Agreement { note: "Of now.".to_owned(), ..moved() });
        for answer in answers(&mut running, "participations:\"parties/kz RATIFIED\"").await {
            assert_eq!(said(&answer), said(&updated));
        }
        fits(&url).await;
    })
    .await;
}

/// The provisions of the party's only agreement, each with its codes, at an instant of the record.
async fn basis(running: &mut Running, read_time: Option<Timestamp>) -> Vec<(String, String)> {
    let party = "parties/kz".to_owned();
    let request = GetLegalBasisRequest {
        party,
        as_of: day(2003, 1, 1),
        read_time,
        ..GetLegalBasisRequest::default()
    };
    let basis = running.agreements.get_legal_basis(request).await.unwrap().into_inner();
    let provisions = basis.in_force[0].provisions.iter();
    let provisions = provisions.map(|it| {
        assert_eq!(it.state(), legal_basis_provision::State::Binding, "{it:?}");
        it.provision.clone().unwrap()
    });
    provisions.map(|it| (it.name, it.codes.join(" "))).collect()
}

#[tokio::test]
async fn provisions_that_were_parts_are_resources_and_were_parts_before() {
    testkit::on_both(|url| {
        Box::pin(async move {
            let mut running = recorded(&url).await;
            let code = |code: &str| format!("codebooks/registan-1/codes/{code}");
            let name = |id: &str| format!("{NAME}/provisions/{id}");
            let wanted =
                [(name("art-2"), code("essential-element")), (name("art-3"), code("other"))];

            let request =
                ListAgreementRevisionsRequest { name: NAME.to_owned(), ..Default::default() };
            let revisions = running.agreements.list_agreement_revisions(request).await.unwrap();
            let revisions = revisions.into_inner().revisions;
            assert_eq!(revisions[0].changed.as_ref().unwrap().paths, ["provisions"]);
            assert_eq!((revisions.len(), &*revisions[0].author), (2, MOVES));
            let then = revisions[1].record_time;
            let request = GetAgreementRequest {
                name: NAME.to_owned(),
                read_time: then,
                ..Default::default()
            };
            let before = running.agreements.get_agreement(request).await.unwrap().into_inner();
            assert_eq!(said(&before), known());
            for (read_time, wanted) in [(None, wanted.clone()), (then, wanted.clone())] {
                assert_eq!(basis(&mut running, read_time).await, wanted, "{read_time:?}");
            }

            let request =
                GetProvisionRequest { name: name("art-2"), read_time: None, known_by: None };
            let moved = running.provisions.get_provision(request).await.unwrap().into_inner();
            let source = (moved.source.unwrap().citation, moved.confidence);
            assert_eq!(source, ("Article 2".to_owned(), Confidence::Certain.into()));
            assert_eq!((moved.article, moved.summary), ("Article 2".into(), "Respect.".into()));
            fits(&url).await;

            let mut agreement = Agreement { name: NAME.to_owned(), ..Agreement::default() };
            agreement.provisions = provisions();
            let update_mask = Some(FieldMask { paths: texts(["provisions"]) });
            let agreement = Some(agreement);
            let request = UpdateAgreementRequest { agreement, update_mask, ..Default::default() };
            let refusal = running.agreements.update_agreement(request).await.unwrap_err();
            assert_eq!(fields(&refusal), ["agreement.provisions"]);
            assert_eq!(reason(&refusal), "TOO_MANY");
        })
    })
    .await;
}
