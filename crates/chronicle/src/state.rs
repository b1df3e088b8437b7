//! How far a record has come, for those who operate it.

use sea_orm::ConnectionTrait;

use crate::error::Error;
use crate::head::Head;
use crate::verify::Checkpoint;

/// The state of a record at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The last change in the log.
    pub checkpoint: Checkpoint,
    /// Its record time, in microseconds since 1970 UTC; 0 where nothing is recorded.
    pub last: i64,
    /// The time of the database server, where there is one, in the same unit.
    pub server: Option<i64>,
}

impl State {
    /// Reads it from the head of the record.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, Error> {
        let (head, server) = Head::read_with_clock(db).await?;
        let checkpoint = Checkpoint { seq: head.seq, hash: head.hash };
        Ok(Self { checkpoint, last: head.time, server })
    }
}
