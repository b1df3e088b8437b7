//! The databases of a PostgreSQL cluster.

use std::time::{Duration, Instant};

use anyhow::ensure;
use sea_orm::{ConnectionTrait, Database};
use tokio::time::sleep;

/// The database of the service in a PostgreSQL cluster.
pub const NAME: &str = "record";
/// How long a cluster may take to start.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Makes the database of the service in a cluster that may still be starting.
pub async fn create_database(url: &str) -> anyhow::Result<()> {
    let until = Instant::now() + TIMEOUT;
    loop {
        match administer(url, &[&format!("CREATE DATABASE {NAME}")]).await {
            Ok(()) => return Ok(()),
            Err(error) => ensure!(Instant::now() < until, "the cluster does not start: {error:#}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Runs statements in another database of the cluster.
pub async fn administer(url: &str, statements: &[&str]) -> anyhow::Result<()> {
    let db = Database::connect(url.replace(&format!("/{NAME}?"), "/postgres?")).await?;
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(db.close().await?)
}
