//! Agreements of a usual size, in a record without a server around it.

use agreements::domain::Agreement;
use agreements::store::Migrator;
use api::registan::agreements::v1::{
    Agreement as Message, AgreementParty, Milestone, ProvisionPart, agreement, agreement_party,
    milestone, provision_part,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{Confidence, Date, PartialDate, SourceRef};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_orm_migration::MigratorTrait;

/// An empty database with the tables of the agreements service.
pub async fn migrated(url: &str) -> anyhow::Result<DatabaseConnection> {
    let db = chronicle::database::open(url).await?;
    Migrator::up(&db, None).await?;
    Ok(db)
}

/// Has PostgreSQL count its rows and mark the pages that all can see, as it does of itself within a
/// minute of a write. SQLite never does: the suite asks it for no statistics.
pub async fn vacuum(db: &DatabaseConnection) -> anyhow::Result<()> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("VACUUM ANALYZE").await?;
    }
    Ok(())
}

/// An agreement of about 2 kB that differs with `number`.
pub fn agreement(number: usize) -> Agreement {
    use milestone::Kind::{InForce, ProvisionallyApplied, Ratified, Signed};

    let month = i32::try_from(1 + number % 12).unwrap_or(1);
    let milestone = |kind: milestone::Kind, year: i32| Milestone {
        kind: kind.into(),
        date: Some(PartialDate {
            date: Some(Date { year, month, day: 17 }),
            ..PartialDate::default()
        }),
        note: "As the notice in the Official Journal says, after both sides had told each other."
            .to_owned(),
        source: Some(SourceRef {
            citation: "OJ L 29, 4.2.2016, p. 3".to_owned(),
            locator: "Article 281".to_owned(),
            ..SourceRef::default()
        }),
        ..Milestone::default()
    };
    let provision = |id: usize| ProvisionPart {
        provision_id: format!("art-{id}"),
        kind: provision_part::Kind::EssentialElement.into(),
        article: format!("Article {id}"),
        summary:
            "Respect for democratic principles and human rights underpins the policies of both."
                .to_owned(),
        confidence: Confidence::Certain.into(),
        ..ProvisionPart::default()
    };
    let party = |id: &str| AgreementParty {
        party: format!("parties/{id}"),
        role: agreement_party::Role::Contracting.into(),
    };
    let life = [(Signed, 2015), (ProvisionallyApplied, 2016), (Ratified, 2018), (InForce, 2020)];
    Agreement::of(Message {
        name: format!("agreements/bench-{number}"),
        tier: Tier::Public.into(),
        kind: agreement::Kind::EnhancedPartnershipAndCooperation.into(),
        title: format!("Agreement {:05} on partnership and cooperation", number * 7919 % 99_991),
        binding: true,
        mixed: number.is_multiple_of(2),
        parties: ["eu", ["kz", "kg", "tj", "tm", "uz"][number % 5]].map(party).into(),
        milestones: life.map(|(kind, year)| milestone(kind, year)).into(),
        provisions: (1..7).map(provision).collect(),
        legal_basis: vec!["TFEU 207".to_owned(), "TFEU 209".to_owned()],
        source: Some(SourceRef {
            citation: "written for a measurement".to_owned(),
            ..SourceRef::default()
        }),
        confidence: Confidence::Certain.into(),
        ..Message::default()
    })
}

/// The same agreement with another note.
pub fn noted(agreement: &Agreement, note: String) -> Agreement {
    Agreement::of(Message { note, ..agreement.clone().into_message() })
}
