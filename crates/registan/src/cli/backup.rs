//! The arguments of `registan backup` and `registan restore`.

use std::path::PathBuf;

use chassis::config::Flags;
use clap::Args;

use super::{ServiceName, keeper};

#[derive(Args)]
pub struct Backup {
    /// The folder to write to. It is made, for its owner alone, and must not be there yet: no backup
    /// is overwritten.
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
    /// The service whose record it is; without it all three, each in its SQLite file in the data
    /// folder.
    #[arg(value_parser = keeper())]
    pub service: Option<ServiceName>,
    #[command(flatten)]
    pub settings: Flags,
}

#[derive(Args)]
pub struct Restore {
    /// The folder of a backup.
    #[arg(value_name = "FOLDER")]
    pub from: PathBuf,
    /// The service whose record to restore; without it all that the backup has, each into its SQLite
    /// file in the data folder.
    #[arg(value_parser = keeper())]
    pub service: Option<ServiceName>,
    #[command(flatten)]
    pub settings: Flags,
}

pub const BACKUP_EXAMPLES: &str = "\
Examples:
  registan backup backups/monday                            all of ./registan-data, while it is served
  registan backup backups/monday --data-dir /srv/registan
  registan backup backups/law agreements --database-url-file agreements.url
                                                            one service on PostgreSQL, by pg_dump

Each SQLite copy is verified before the backup gets its name, so a folder without .partial at its
end is whole. On PostgreSQL the record is verified, and the dump is read whole. It holds all that is recorded, and is not encrypted: keep it where only you can read it. Note
the checkpoints elsewhere: only they tell a backup that somebody replaced.

Exit codes: 0 it is whole and verified; 1 it is not, and the last line says why; 2 for a mistyped
command.";

pub const RESTORE_EXAMPLES: &str = "\
Examples:
  registan restore backups/monday --data-dir trial          try it: into a new folder
  registan serve --data-dir trial                           and look
  registan restore backups/law agreements --database-url-file new.url
                                                            into an empty database of PostgreSQL
  registan verify agreements --data-dir trial --expect SEQ:HASH
                                                            compare it with a checkpoint that was noted

Nothing is overwritten: the place must be empty. Files must be those that were backed up, and the
record must fit its log and pass the checkpoint of the backup before it gets its name. A backup of an
older version is migrated.

Exit codes: 0 it is restored and verified; 1 it is not, and the last line says why; 2 for a mistyped
command.";
