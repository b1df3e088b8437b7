//! Empty databases of both engines.

use std::future::Future;

use sea_orm::{ConnectionTrait, Database as Orm};
use tempfile::TempDir;
use uuid::Uuid;

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the cluster of `cargo xtask test`.
    Postgres,
}

/// An empty database; a SQLite file is gone with this value, a PostgreSQL database with the cluster.
pub struct Database {
    /// Its address.
    pub url: String,
    _folder: Option<TempDir>,
}

/// An empty database, or nothing where PostgreSQL is not there.
///
/// # Panics
/// If it cannot be made.
pub async fn database(engine: Engine) -> Option<Database> {
    match engine {
        Engine::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let url = format!("sqlite:{}?mode=rwc", folder.path().join("test.db").display());
            Some(Database { url, _folder: Some(folder) })
        }
        Engine::Postgres => {
            let Ok(server) = std::env::var("TESTKIT_POSTGRES") else {
                crate::skip("PostgreSQL: TESTKIT_POSTGRES is not set");
                return None;
            };
            let name = format!("test_{}", Uuid::new_v4().simple());
            let admin = Orm::connect(server.as_str()).await.expect("the test cluster answers");
            let create = format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            );
            admin.execute_unprepared(&create).await.expect("a database can be created");
            admin.close().await.expect("the connection closes");
            Some(Database { url: with_name(&server, &name), _folder: None })
        }
    }
}

/// `postgres://user@/postgres?host=…` with another database.
fn with_name(server: &str, name: &str) -> String {
    let (address, query) =
        server.split_once('?').map_or((server, ""), |(address, query)| (address, query));
    let base = address.rsplit_once('/').map_or(address, |(base, _)| base);
    if query.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{query}") }
}

/// Runs a test on both engines, each in an empty database at the address it is given.
pub async fn on_both<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(database) = database(engine).await {
            eprintln!("on {engine:?}");
            test(database.url.clone()).await;
        }
    }
}
