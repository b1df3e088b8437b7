//! Agreements of a usual size, in a record without a server around it.

use agreements::domain::Agreement;
use agreements::store::Migrator;
use anyhow::Context;
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;

/// An empty database with the tables of the agreements service.
pub async fn migrated(url: &str) -> anyhow::Result<DatabaseConnection> {
    let db = chronicle::database::open(url).await?;
    Migrator::up(&db, None).await?;
    Ok(db)
}

/// An agreement of about 3 kB, as JSON, that differs with `number`.
pub fn agreement(number: usize) -> anyhow::Result<Agreement> {
    let milestone = |kind: &str, year: u32| {
        serde_json::json!({
            "kind": kind,
            "date": { "year": year, "month": 1 + number % 12, "day": 17, "qualifier": null, "as_given": "" },
            "note": "As the notice in the Official Journal says, after both sides had told each other.",
            "source": { "source": "", "citation": "OJ L 29, 4.2.2016, p. 3", "locator": "Article 281" },
        })
    };
    let provision = |id: usize| {
        serde_json::json!({
            "provision_id": format!("art-{id}"),
            "kind": "ESSENTIAL_ELEMENT",
            "article": format!("Article {id}"),
            "summary": "Respect for democratic principles and human rights underpins the policies of both.",
            "source": null,
            "confidence": "CERTAIN",
        })
    };
    let value = serde_json::json!({
        "name": format!("agreements/bench-{number}"),
        "tier": "PUBLIC",
        "kind": "ENHANCED_PARTNERSHIP_AND_COOPERATION",
        "title": format!("Agreement {:05} on partnership and cooperation", number * 7919 % 99_991),
        "titles": [],
        "binding": true,
        "mixed": number.is_multiple_of(2),
        "parties": [
            { "party": "parties/eu", "role": "CONTRACTING" },
            { "party": format!("parties/{}", ["kz", "kg", "tj", "tm", "uz"][number % 5]), "role": "CONTRACTING" },
        ],
        "milestones": [
            milestone("SIGNED", 2015), milestone("PROVISIONALLY_APPLIED", 2016), milestone("RATIFIED", 2018),
            milestone("IN_FORCE", 2020),
        ],
        "provisions": (1..7).map(provision).collect::<Vec<_>>(),
        "relations": [],
        "participations": [],
        "legal_basis": ["TFEU 207", "TFEU 209"],
        "external_ids": [],
        "note": "",
        "source": { "source": "", "citation": "written for a measurement", "locator": "" },
        "confidence": "CERTAIN",
    });
    serde_json::from_value(value).context("the agreement of the bench is one")
}
