//! `registan verify`: does a record still say what its change log committed to?

use std::io::Write;

use anyhow::bail;
use chassis::process::block_on;
use chronicle::verify::Checkpoint;
use sea_orm::DatabaseConnection;
use standard::startup;

use crate::cli::{ServiceName, Verify};
use crate::migrate::ALL;
use crate::record::{self, Record};

pub fn run(arguments: Verify) -> anyhow::Result<()> {
    let settings = record::settings(arguments.service, arguments.settings)?;
    let services = arguments.service.map_or_else(|| ALL.to_vec(), |service| vec![service]);
    block_on(async {
        let mut worst = Verdict::Fits;
        for service in services {
            let record = record::open(service, &settings).await?;
            worst = worst.max(one(service, &record, arguments.expect.as_ref()).await?);
        }
        worst.end()
    })
}

/// The result of a verification, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Fits,
    /// It fits, and does not have the checkpoint that was noted.
    NotNoted,
    /// It does not fit what this program knows of it; a later version wrote to it.
    Later,
    Altered,
}

impl Verdict {
    fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Fits => Ok(()),
            Self::NotNoted => bail!(
                "the record fits, and is not the one of that checkpoint: if it was restored from a backup since, note the \
                 new checkpoint; if not, it was altered outside of the suite: keep this database as it is, and compare it \
                 with a backup"
            ),
            Self::Later => bail!(
                "the database was migrated by a later version, which keeps more than this one knows: verify it with that \
                 version"
            ),
            Self::Altered => bail!(
                "the record was altered outside of the suite: keep this database as it is, and compare it with a backup"
            ),
        }
    }
}

/// Verifies the record of one service and prints what was found.
async fn one(
    service: ServiceName,
    record: &Record,
    expect: Option<&Checkpoint>,
) -> anyhow::Result<Verdict> {
    let (name, mut out) = (record.name, std::io::stdout());
    let what = match record.verify(expect).await? {
        Ok(end) => {
            writeln!(out, "{name}: {} changes fit, checkpoint {end}", end.seq)?;
            return Ok(Verdict::Fits);
        }
        Err(what) => what,
    };
    writeln!(out, "{name}: {what}")?;
    if expect.is_some()
        && let Ok(end) = record.verify(None).await?
    {
        writeln!(out, "{name}: without that, {} changes fit, checkpoint {end}", end.seq)?;
        return Ok(Verdict::NotNoted);
    }
    let is_later = !later(service, &record.db).await?.is_empty();
    Ok(if is_later { Verdict::Later } else { Verdict::Altered })
}

/// Returns the migrations of a database that are of later versions than this program.
pub async fn later(service: ServiceName, db: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    match service {
        ServiceName::Agreements => startup::later::<agreements::store::Migrator>(db).await,
        ServiceName::Projects => startup::later::<projects::store::Migrator>(db).await,
        ServiceName::RightsReporting => {
            startup::later::<rights_reporting::store::Migrator>(db).await
        }
        ServiceName::Gateway => bail!("the gateway has no database"),
    }
}
