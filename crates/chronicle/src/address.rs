//! The address and the credentials by which PostgreSQL is reached. They are those of the readers,
//! which take new ones while the process runs; other pools follow them.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DatabaseConnection, DbBackend};
use sqlx::postgres::PgConnectOptions;

/// The address by which a pool beside that of the readers reaches PostgreSQL; none of SQLite.
#[derive(Debug)]
pub(crate) struct Address(Mutex<Option<Arc<PgConnectOptions>>>);

impl Address {
    /// That of the readers at the moment.
    pub fn of(readers: &DatabaseConnection) -> Self {
        Self(Mutex::new(now(readers)))
    }

    /// Has a pool connect as the readers do, should that have been changed.
    pub fn follow(&self, readers: &DatabaseConnection, pool: &DatabaseConnection) {
        let Some(now) = now(readers) else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &now)) {
            pool.get_postgres_connection_pool().set_connect_options((*now).clone());
            *known = Some(now);
        }
    }
}

fn now(readers: &DatabaseConnection) -> Option<Arc<PgConnectOptions>> {
    let is_postgres = readers.get_database_backend() == DbBackend::Postgres;
    is_postgres.then(|| readers.get_postgres_connection_pool().connect_options())
}

/// Returns whether two addresses differ by the user and the password alone.
pub(crate) fn is_same_place(one: &PgConnectOptions, other: &PgConnectOptions) -> bool {
    let place = |it: &PgConnectOptions| {
        // Where none is named the database is that of the user.
        let database = it.get_database().unwrap_or(it.get_username()).to_owned();
        let encrypted = format!("{:?}", it.get_ssl_mode());
        (it.get_host().to_owned(), it.get_port(), it.get_socket().cloned(), database, encrypted)
    };
    place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_user_and_the_password_may_differ() {
        let is_same =
            |one: &str, other: &str| is_same_place(&one.parse().unwrap(), &other.parse().unwrap());
        let known = "postgres://keeper:old@db/record?sslmode=verify-full";

        assert!(is_same(known, "postgres://keeper:new@db/record?sslmode=verify-full"));
        assert!(is_same(known, "postgres://other:new@db/record?sslmode=verify-full"));
        for other in [
            "postgres://keeper:old@elsewhere/record?sslmode=verify-full",
            "postgres://keeper:old@db:5433/record?sslmode=verify-full",
            "postgres://keeper:old@db/copy?sslmode=verify-full",
            "postgres://keeper:old@db/record?sslmode=disable",
        ] {
            assert!(!is_same(known, other), "{other}");
        }
    }
}
