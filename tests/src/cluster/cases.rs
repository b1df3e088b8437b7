//! The experiments, and what each may cost.

use std::time::Duration;

use clap::ValueEnum;

use crate::load::table::Bounds;

/// An experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Every Deployment rolls.
    Rollout,
    /// A version that does not exist, and back.
    BadImage,
    /// A pod of each service is deleted.
    Delete,
    /// A node is drained and takes pods again.
    Drain,
    /// A replica of each service more, and fewer again.
    Scale,
    /// A process of each service is killed (SIGKILL).
    Kill,
    /// A process of each service runs out of memory.
    OutOfMemory,
    /// The database goes, and comes back.
    Database,
    /// No packet reaches the pods of a node, nor leaves them.
    CutOff,
    /// Certificates are issued anew.
    Certificates,
    /// The schema and the images of the next version, and the images of this one again.
    Migration,
}

/// How long a call may take where nothing is cut off: a retry, and a cluster that is busy.
const LONGEST: Duration = Duration::from_secs(3);
/// How many of 10 000 calls a node that is cut off may cost.
const CUT_OFF: usize = 100;
/// How long failures may go on when the database is back.
const BACK_WITHIN: Duration = Duration::from_secs(15);

impl Experiment {
    /// All that need nothing but the cluster.
    pub const USUAL: [Self; 8] = [
        Self::Rollout,
        Self::BadImage,
        Self::Delete,
        Self::Drain,
        Self::Scale,
        Self::Kill,
        Self::OutOfMemory,
        Self::CutOff,
    ];

    /// Its limits.
    pub fn bounds(self) -> Bounds {
        match self {
            Self::Database => Bounds::back_within(BACK_WITHIN),
            Self::CutOff => {
                let longest = LONGEST + Duration::from_millis(500);
                Bounds { failed: CUT_OFF, ..Bounds::none_failed(longest) }
            }
            _ => Bounds::none_failed(LONGEST),
        }
    }

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rollout => "rollout",
            Self::BadImage => "bad image",
            Self::Delete => "delete",
            Self::Drain => "drain",
            Self::Scale => "scale",
            Self::Kill => "kill -9",
            Self::OutOfMemory => "out of memory",
            Self::Database => "database away",
            Self::CutOff => "node cut off",
            Self::Certificates => "certificates",
            Self::Migration => "migration",
        }
    }
}
