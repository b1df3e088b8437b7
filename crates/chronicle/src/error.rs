//! All that can go wrong with the record.

use std::io::ErrorKind;
use std::sync::Arc;

use facts::ErrorReason;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::sqlite::SqliteError;

/// Why a read or a write did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of this name stood at the instant asked for.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The resource is deleted, and only a standing one can be changed.
    #[error("{0} is deleted")]
    Deleted(String),
    /// The name is taken, perhaps by a deleted resource.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// Another caller wrote a newer version.
    #[error("{0} was changed by somebody else since it was read")]
    EtagMismatch(String),
    /// The request id was used for another request within the last 24 hours.
    #[error("request_id {0} was used for another request")]
    RequestIdReused(uuid::Uuid),
    /// The token is older than the log is kept for watchers: list again.
    #[error("the resume token is too old")]
    TokenExpired,
    /// The change that the token refers to is not in the record: an older copy was restored.
    #[error("the record went back to before what the token stands on")]
    WentBack,
    /// Something was hidden, and it is not known whether the watcher was ever sent it: it must
    /// start again.
    #[error("what may be seen changed while nobody watched")]
    VisibilityChanged,
    /// The instant asked for lies before the first change, which is of this record time.
    #[error("the record begins later than the instant asked for")]
    BeforeRecord(i64),
    /// An argument of a read is wrong.
    #[error("{message}")]
    Invalid {
        /// The argument: `filter`.
        argument: &'static str,
        /// The reason, for programs.
        reason: ErrorReason,
        /// The problem, its position, and the remedy.
        message: String,
    },
    /// Another writer came first, again and again; trying later helps.
    #[error("too many writers at once")]
    Busy,
    /// The clock of this machine is minutes away from the record or from the database: nothing is
    /// recorded by it.
    #[error("clock skew: {0}")]
    ClockWrong(String),
    /// The database did not do what it was asked.
    #[error("the database failed")]
    Database(#[source] Arc<sea_orm::DbErr>),
    /// The database does not have what was written: it is corrupt.
    #[error("the record is damaged: {0}")]
    Corrupt(String),
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl Error {
    /// Returns whether the database rolled a transaction back for the sake of another.
    pub(crate) fn is_aborted(&self) -> bool {
        let Self::Database(error) = self else { return false };
        DatabaseFailure::of(error) == DatabaseFailure::Aborted
    }

    /// Returns whether another session held a lock for longer than the database waits.
    pub(crate) fn is_locked(&self) -> bool {
        let Self::Database(error) = self else { return false };
        DatabaseFailure::of(error) == DatabaseFailure::Locked
    }

    /// Returns whether the database is away for now: it may answer later without a change of the
    /// settings. False where it answered that it does not know this role, or has no such database,
    /// and where it does not prove its name.
    pub fn is_away(&self) -> bool {
        let Self::Database(error) = self else { return false };
        Refused::of(error).is_none() && DatabaseFailure::of(error) == DatabaseFailure::Unreachable
    }

    /// Returns whether the database found its own file damaged, which waiting does not repair.
    pub fn is_damaged(&self) -> bool {
        let Self::Database(error) = self else { return false };
        DatabaseFailure::of(error) == DatabaseFailure::Damaged
    }

    /// Returns what an operator can do about a database that cannot be opened; nothing where the
    /// error itself says it.
    pub fn remedy(&self) -> &'static str {
        let Self::Database(error) = self else { return "" };
        match Refused::of(error) {
            Some(Refused::Role) => {
                "PostgreSQL refuses this user or this password: are they right in database_url?"
            }
            Some(Refused::Name) => "make it with CREATE DATABASE, or is database_url right?",
            Some(Refused::Plain) => {
                "a database on another machine must prove its name: turn TLS on there (ssl = on), \
                 or say another sslmode in database_url where the way to it is safe"
            }
            Some(Refused::Certificate) => {
                "its certificate must be for the host in database_url, and of a known authority: \
                 name its own with sslrootcert=FILE in database_url"
            }
            Some(Refused::Address) => "is database_url right?",
            None if self.is_damaged() => {
                "the file is damaged, or no database: keep it as it is, and restore a backup \
                 (docs/backup.md)"
            }
            None if matches!(&**error, DbErr::Custom(_)) => "",
            None => "is it running, and is database_url right?",
        }
    }

    pub(crate) fn invalid(
        argument: &'static str,
        reason: ErrorReason,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid { argument, reason, message: message.into() }
    }
}

/// Why a connection is refused, which waiting does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// The user or the password.
    Role,
    /// There is no database of this name.
    Name,
    /// The server does not encrypt, or the files of certificates cannot be used.
    Plain,
    /// The certificate of the server is not accepted.
    Certificate,
    /// The address cannot be used.
    Address,
}

impl Refused {
    fn of(error: &DbErr) -> Option<Self> {
        let DbErr::Conn(RuntimeErr::SqlxError(source)) = error else { return None };
        match &**source {
            sqlx::Error::Database(said) => match said.code().unwrap_or_default().get(..2) {
                // invalid_authorization_specification.
                Some("28") => Some(Self::Role),
                // invalid_catalog_name.
                Some("3D") => Some(Self::Name),
                _ => None,
            },
            sqlx::Error::Tls(_) => Some(Self::Plain),
            // So the handshake of TLS fails.
            sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
                Some(Self::Certificate)
            }
            sqlx::Error::Configuration(_) => Some(Self::Address),
            _ => None,
        }
    }
}

/// Why the database did not do what it was asked, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseFailure {
    /// It is away, starting or out of connections.
    Unreachable,
    /// Its disk, or another resource of its machine, is used up.
    Full,
    /// Another process holds a lock on the file.
    Locked,
    /// It ended the transaction for the sake of another: a deadlock or a serialization failure. The
    /// same can be run again.
    Aborted,
    /// Its file, or a part of it, is not what it wrote.
    Damaged,
    /// Anything else.
    Other,
}

impl DatabaseFailure {
    /// Returns what kind of failure an error is.
    pub fn of(error: &DbErr) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(source)) => match Self::of_driver(source) {
                Self::Other => Self::Unreachable,
                known => known,
            },
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unreachable,
            DbErr::Exec(RuntimeErr::SqlxError(source))
            | DbErr::Query(RuntimeErr::SqlxError(source)) => Self::of_driver(source),
            _ => Self::Other,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unreachable,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                if error.try_downcast_ref::<SqliteError>().is_some() {
                    code.parse().map_or(Self::Other, Self::of_sqlite)
                } else {
                    Self::of_postgres(&code)
                }
            }
            _ => Self::Other,
        }
    }

    /// By the primary result code, the lowest byte of an extended one.
    const fn of_sqlite(code: u32) -> Self {
        match code & 0xff {
            // SQLITE_BUSY, SQLITE_LOCKED.
            5 | 6 => Self::Locked,
            // SQLITE_IOERR, SQLITE_FULL.
            10 | 13 => Self::Full,
            // SQLITE_CANTOPEN.
            14 => Self::Unreachable,
            // SQLITE_CORRUPT, SQLITE_NOTADB.
            11 | 26 => Self::Damaged,
            _ => Self::Other,
        }
    }

    /// By the SQLSTATE.
    fn of_postgres(code: &str) -> Self {
        match code {
            // serialization_failure, deadlock_detected; idle_in_transaction_session_timeout, which
            // ends a transaction that was not committed.
            "40001" | "40P01" | "25P03" => Self::Aborted,
            // too_many_connections; read_only_sql_transaction, of a server that was the primary
            // until a failover.
            "53300" | "25006" => Self::Unreachable,
            // It stops, has crashed, or starts; or the connection broke.
            _ if code.starts_with("57P0") || code.starts_with("08") => Self::Unreachable,
            // Insufficient resources, disk_full among them; errors of its own disk.
            _ if code.starts_with("53") || code == "58030" => Self::Full,
            // lock_not_available.
            "55P03" => Self::Locked,
            // data_corrupted, index_corrupted.
            "XX001" | "XX002" => Self::Damaged,
            _ => Self::Other,
        }
    }
}

/// The record is not whole: its one row of the last change is missing.
pub(crate) fn no_head() -> Error {
    Error::Corrupt("the head row is gone".to_owned())
}

#[cfg(test)]
mod tests {
    use super::DatabaseFailure::{self, Aborted, Damaged, Full, Locked, Other, Unreachable};

    #[test]
    fn codes_of_both_engines_are_told_apart() {
        for (code, failure) in [
            (5, Locked),
            (261, Locked),
            (517, Locked),
            (6, Locked),
            (13, Full),
            (10, Full),
            (778, Full),
            (1034, Full),
            (14, Unreachable),
            (19, Other),
            (2067, Other),
            (11, Damaged),
            (267, Damaged),
            (26, Damaged),
        ] {
            assert_eq!(DatabaseFailure::of_sqlite(code), failure, "{code}");
        }
        for (code, failure) in [
            ("40001", Aborted),
            ("40P01", Aborted),
            ("25P03", Aborted),
            ("53100", Full),
            ("53200", Full),
            ("58030", Full),
            ("53300", Unreachable),
            ("25006", Unreachable),
            ("57P01", Unreachable),
            ("08006", Unreachable),
            ("55P03", Locked),
            ("XX001", Damaged),
            ("23505", Other),
            ("57014", Other),
        ] {
            assert_eq!(DatabaseFailure::of_postgres(code), failure, "{code}");
        }
    }
}
