//! The writes that the service acknowledged, kept by its clients: a line for each write, on the
//! disk before the next write is sent.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::body::Kind;

/// The answer to a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The number that the body carries.
    pub number: u64,
    /// The kind of the resource written.
    pub kind: Kind,
    /// `agreements/{agreement}`.
    pub name: String,
    /// The resource.
    pub uid: Uuid,
    /// The version.
    pub etag: String,
    /// When it was recorded: microseconds since 1970 UTC.
    pub recorded: i64,
    /// The hash of the body in the answer.
    pub body: String,
}

/// The ledger of one client.
pub struct Ledger(File);

impl Ledger {
    /// Begins a ledger: the file `NAME.ledger` in the folder.
    pub async fn begin(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(format!("{name}.ledger"));
        let file = File::create_new(&path).await;
        file.map(Self).with_context(|| format!("{} cannot be made", path.display()))
    }

    /// Adds a line and flushes it to the disk.
    pub async fn append(&mut self, acknowledged: &Acknowledged) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(acknowledged)?;
        line.push(b'\n');
        self.0.write_all(&line).await?;
        self.0.sync_data().await.context("the ledger cannot be flushed")
    }
}

/// Every line of every ledger in the folder.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Acknowledged>> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "ledger") {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let line = serde_json::from_str(line);
            lines.push(line.with_context(|| format!("{} is damaged", path.display()))?);
        }
    }
    Ok(lines)
}
