//! A database that goes back: a copy is taken while the service is stopped, and later put in its
//! place.

use std::fs;
use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database};
use testkit::Engine;

use super::databases::{NAME, administer};
use super::system::{System, Victim};

/// A copy of the database of a system.
pub struct Copied(String);

impl Copied {
    /// Stops the service, takes the copy and starts the service again.
    pub async fn take(system: &mut System, name: &str) -> anyhow::Result<Self> {
        system.stop_services();
        let copied = match system.engine {
            Engine::Sqlite => {
                let file = system.folder.path().join(format!("{name}.db"));
                let db = Database::connect(&system.url).await?;
                db.execute_unprepared(&format!("VACUUM INTO '{}'", file.display())).await?;
                db.close().await?;
                Self(file.display().to_string())
            }
            Engine::Postgres => {
                let create = format!("CREATE DATABASE {name} TEMPLATE {NAME}");
                administer(&system.url, &[&create]).await?;
                Self(name.to_owned())
            }
        };
        start(system).await?;
        Ok(copied)
    }

    /// Puts the copy in the place of the database. The service is killed before and started
    /// afterwards; on PostgreSQL, if `running`, it runs on and merely loses its connections.
    pub async fn put_back(&self, system: &mut System, running: bool) -> anyhow::Result<()> {
        if system.engine == Engine::Postgres && running {
            self.replace(&system.url).await?;
            return system.wait_until_it_answers(Victim::Everything).await;
        }
        for place in 0..system.addresses.len() {
            system.kill(Victim::Service(place), &mut fastrand::Rng::new())?;
        }
        match system.engine {
            Engine::Sqlite => {
                let file = system.folder.path().join("data/record.db");
                for beside in ["-wal", "-shm"] {
                    let mut path = file.clone().into_os_string();
                    path.push(beside);
                    // It is there only if the service was killed.
                    let _gone = fs::remove_file(PathBuf::from(path));
                }
                fs::copy(&self.0, &file)?;
            }
            Engine::Postgres => self.replace(&system.url).await?,
        }
        start(system).await
    }

    async fn replace(&self, url: &str) -> anyhow::Result<()> {
        let drop = format!("DROP DATABASE {NAME} WITH (FORCE)");
        let create = format!("CREATE DATABASE {NAME} TEMPLATE {}", self.0);
        administer(url, &[&drop, &create]).await
    }
}

async fn start(system: &mut System) -> anyhow::Result<()> {
    for place in 0..system.addresses.len() {
        system.start_again(Victim::Service(place));
    }
    system.wait_until_it_answers(Victim::Everything).await
}
