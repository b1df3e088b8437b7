//! All that can go wrong with the record.

use std::sync::Arc;

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
    /// Somebody else wrote a newer version.
    #[error("{0} was changed by somebody else since it was read")]
    EtagMismatch(String),
    /// The request id was used for another request within the last 24 hours.
    #[error("request_id {0} was used for another request")]
    RequestIdReused(uuid::Uuid),
    /// The token is older than the log is kept for watchers: list again.
    #[error("the resume token is too old")]
    TokenExpired,
    /// An argument of a read is wrong.
    #[error("{message}")]
    Invalid {
        /// The argument: `filter`.
        argument: &'static str,
        /// A reason a program can match: `FILTER_INVALID`.
        reason: &'static str,
        /// What is wrong, where, and what would be right.
        message: String,
    },
    /// Another writer came first, again and again; trying later helps.
    #[error("too many writers at once")]
    Busy,
    /// The database did not do what it was asked.
    #[error("the database failed")]
    Database(#[source] Arc<sea_orm::DbErr>),
    /// What the database holds is not what was written.
    #[error("the record is damaged: {0}")]
    Corrupt(String),
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl Error {
    pub(crate) fn invalid(
        argument: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid { argument, reason, message: message.into() }
    }
}
