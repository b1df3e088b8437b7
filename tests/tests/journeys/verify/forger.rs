//! A forger with the database and the source code: alters a version and writes all hashes anew.
//! Shares no code with the suite, so that it is a second reading of how the chain is made, too.

use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256 of parts, each after its length in eight bytes.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).unwrap()
}

fn number(row: &QueryResult, column: &str) -> [u8; 8] {
    row.try_get::<i64>("", column).unwrap().to_be_bytes()
}

fn uid(row: &QueryResult) -> [u8; 16] {
    row.try_get::<Uuid>("", "uid").unwrap().into_bytes()
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap();
}

/// The commitment to a version of a party.
fn commitment(row: &QueryResult) -> String {
    let deleted: bool = row.try_get("", "deleted").unwrap();
    hash(&[
        b"registan version 1",
        text(row, "salt").as_bytes(),
        b"party",
        &uid(row),
        &number(row, "revision"),
        text(row, "name").as_bytes(),
        &number(row, "created"),
        &i64::from(deleted).to_be_bytes(),
        &row.try_get::<Vec<u8>>("", "document").unwrap(),
    ])
}

/// Writes the hash of every change anew; returns how many were other than they stood there.
async fn rehash(db: &DatabaseConnection) -> usize {
    let (mut before, mut altered) = (String::new(), 0);
    for row in rows(db, "SELECT * FROM change ORDER BY seq").await {
        let now = hash(&[
            b"registan change 1",
            before.as_bytes(),
            &number(&row, "seq"),
            &number(&row, "time"),
            text(&row, "kind").as_bytes(),
            &uid(&row),
            &number(&row, "revision"),
            text(&row, "operation").as_bytes(),
            text(&row, "caller").as_bytes(),
            text(&row, "method").as_bytes(),
            text(&row, "commitment").as_bytes(),
        ]);
        if text(&row, "hash") != now {
            altered += 1;
            let seq: i64 = row.try_get("", "seq").unwrap();
            run(db, &format!("UPDATE change SET hash = '{now}' WHERE seq = {seq}")).await;
        }
        before = now;
    }
    run(db, &format!("UPDATE head SET hash = '{before}'")).await;
    altered
}

/// Makes the first version of `parties/invented` say something else, with a commitment and a chain
/// that fit.
pub async fn forge(db: &DatabaseConnection) {
    assert_eq!(rehash(db).await, 0, "the chain is made as this file reads it");
    let forged = "WHERE name = 'parties/invented' AND revision = 1";
    // All that the second says, and what lies beside it.
    let other = "FROM party o WHERE o.uid = party.uid AND o.revision = 2";
    let alter = ["document", "display_name"].map(|it| format!("{it} = (SELECT o.{it} {other})"));
    run(db, &format!("UPDATE party SET {} {forged}", alter.join(", "))).await;
    let found = rows(db, &format!("SELECT * FROM party {forged}")).await;
    let (now, at) = (commitment(&found[0]), recorded(&found[0]));
    let found_by = format!("value = 'anew' AND uid = (SELECT uid FROM party {forged})");
    run(db, &format!("UPDATE party_words SET recorded_from = {at} WHERE {found_by}")).await;
    run(db, &format!("UPDATE change SET commitment = '{now}' WHERE time = {at}")).await;
    assert_eq!(rehash(db).await, 3, "the forged change and the two after it");
}

fn recorded(row: &QueryResult) -> i64 {
    row.try_get("", "recorded_from").unwrap()
}
