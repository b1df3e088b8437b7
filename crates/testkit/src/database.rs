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

/// An empty database, gone with this value.
pub struct Database {
    /// Its address.
    pub url: String,
    _folder: Option<TempDir>,
    /// On PostgreSQL: the server, and its name there.
    on_server: Option<(String, String)>,
}

impl Drop for Database {
    /// Ends all connections and drops the database; one that cannot be dropped goes with the
    /// cluster.
    fn drop(&mut self) {
        let Some((server, name)) = self.on_server.take() else { return };
        let dropping = async move {
            let admin = Orm::connect(server.as_str()).await?;
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            admin.execute_unprepared(&drop).await?;
            admin.close().await
        };
        // On a thread of its own: this may be within a runtime, which must not wait.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(dropping))
        });
        let _stays = thread.join();
    }
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
            Some(Database { url, _folder: Some(folder), on_server: None })
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
            let url = with_name(&server, &name);
            Some(Database { url, _folder: None, on_server: Some((server, name)) })
        }
    }
}

/// A copy of a database at rest.
///
/// # Panics
/// If it cannot be made.
pub async fn copy(url: &str) -> Database {
    if url.starts_with("sqlite:") {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("copy.db");
        let original = Orm::connect(url).await.expect("the database can be opened");
        let into = format!("VACUUM INTO '{}'", file.display());
        original.execute_unprepared(&into).await.expect("it can be copied");
        original.close().await.expect("the connection closes");
        let url = format!("sqlite:{}", file.display());
        return Database { url, _folder: Some(folder), on_server: None };
    }
    let server = std::env::var("TESTKIT_POSTGRES").expect("it was made on the test cluster");
    let original = url.split('?').next().and_then(|address| address.rsplit('/').next());
    let template = original.expect("the address has a name");
    let name = format!("test_{}", Uuid::new_v4().simple());
    let admin = Orm::connect(server.as_str()).await.expect("the test cluster answers");
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    admin.execute_unprepared(&create).await.expect("nobody is connected to the original");
    admin.close().await.expect("the connection closes");
    let url = with_name(&server, &name);
    Database { url, _folder: None, on_server: Some((server, name)) }
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
    on_each(database, test).await;
}

/// Runs a test on both engines, each time in the database that `make` makes.
pub(crate) async fn on_each<F: Future<Output = ()>>(
    make: impl AsyncFn(Engine) -> Option<Database>,
    test: impl Fn(String) -> F,
) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(database) = make(engine).await {
            eprintln!("on {engine:?}");
            // Tests are large, and their callers keep them whole.
            Box::pin(test(database.url.clone())).await;
        }
    }
}
