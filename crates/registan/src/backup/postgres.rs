//! Copies a database of PostgreSQL by its own programs, while services write to it.
//!
//! The address of the database reaches them by the variables of libpq: arguments can be read by
//! everybody on the machine.

use std::env;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use chassis::config::Secret;
use chassis::tls::bundle_of_the_system;
use chronicle::State;
use percent_encoding::percent_decode_str;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DbBackend, IsolationLevel, Statement,
    TransactionTrait,
};
use tokio::process::Command;
use url::Url;

use crate::output::growing;

/// The parameters of an address, as the driver spells them, and the variable of each.
const PARAMETERS: [(&str, &str); 16] = [
    ("application_name", "PGAPPNAME"),
    ("dbname", "PGDATABASE"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOST"),
    ("options", "PGOPTIONS"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("ssl-ca", "PGSSLROOTCERT"),
    ("ssl-cert", "PGSSLCERT"),
    ("ssl-key", "PGSSLKEY"),
    ("ssl-mode", "PGSSLMODE"),
    ("ssl-root-cert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
];

/// Copies a database to a file by `pg_dump`, and returns the state of exactly what is in it: both
/// see one snapshot.
pub async fn dump(db: &DatabaseConnection, url: &Secret, to: &Path, what: &str) -> Result<State> {
    let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
    let snapshot = db.begin_with_config(Some(level), Some(mode)).await?;
    let export =
        Statement::from_string(DbBackend::Postgres, "SELECT pg_export_snapshot() AS exported");
    let row = snapshot.query_one_raw(export).await?.context("PostgreSQL exports no snapshot")?;
    let exported: String = row.try_get("", "exported")?;
    let state = State::read(&snapshot).await?;
    let mut dump = program("pg_dump", url)?;
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(to);
    dump.arg(format!("--snapshot={exported}"));
    ended("pg_dump", growing(what, to, dump.output()).await)?;
    // It held the snapshot, and has nothing to keep.
    let _ended = snapshot.rollback().await;
    Ok(state)
}

/// Reads all of a copy by `pg_restore`, as a restore would.
pub async fn read(from: &Path) -> Result<()> {
    let mut read = Command::new("pg_restore");
    read.arg("--file=/dev/null").arg(from).stdin(Stdio::null()).kill_on_drop(true);
    ended("pg_restore", read.output().await)
}

/// Puts a copy into an empty database by `pg_restore`, all or nothing.
pub async fn restore(url: &Secret, from: &Path) -> Result<()> {
    let mut restore = program("pg_restore", url)?;
    restore.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    // Unnamed it prints the statements; an empty name is that of the variable.
    restore.arg("--dbname=").arg(from);
    ended("pg_restore", restore.output().await)
}

/// Returns how many tables, views and sequences there are in a database.
pub async fn tables(db: &DatabaseConnection) -> Result<i64> {
    let count = "SELECT count(*) AS tables FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') \
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, count)).await?;
    Ok(row.context("PostgreSQL counts no tables")?.try_get("", "tables")?)
}

/// A program of PostgreSQL that connects to the database at an address.
fn program(name: &str, url: &Secret) -> Result<Command> {
    let mut command = Command::new(name);
    let variables = variables(url.expose())?;
    if needs_authorities(&variables)
        && let Some(bundle) = bundle_of_the_system()
    {
        command.env("PGSSLROOTCERT", bundle);
    }
    command.envs(variables).stdin(Stdio::null()).kill_on_drop(true);
    command.arg("--no-password");
    Ok(command)
}

/// Returns whether a server must prove its name, and nothing says by which authorities. The services
/// trust those that are built into them then; these programs would trust none, so they get those of
/// this machine.
fn needs_authorities(variables: &[(&str, String)]) -> bool {
    let mode = variables.iter().rfind(|(name, _)| *name == "PGSSLMODE");
    mode.is_some_and(|(_, mode)| mode.starts_with("verify-"))
        && variables.iter().all(|(name, _)| *name != "PGSSLROOTCERT")
        && env::var_os("PGSSLROOTCERT").is_none()
}

/// Refuses a program that was not there, or that failed.
fn ended(name: &str, output: std::io::Result<Output>) -> Result<()> {
    let output = output.with_context(|| {
        format!(
            "{name} cannot be run: it must be on PATH, of the version of the server or newer (Debian: postgresql-client)"
        )
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {}", said.trim());
    Ok(())
}

/// The variables of libpq that say what an address of the driver says. Errors do not repeat it.
fn variables(url: &str) -> Result<Vec<(&'static str, String)>> {
    let url = Url::parse(url).map_err(|_| anyhow::anyhow!("this is no address of a database"))?;
    let decoded = |text: &str| -> Result<String> {
        let text = percent_decode_str(text).decode_utf8();
        Ok(text.context("a part of the address is not UTF-8")?.into_owned())
    };
    let mut found = Vec::new();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    for (variable, text) in [
        ("PGHOST", host),
        ("PGUSER", url.username()),
        ("PGPASSWORD", url.password().unwrap_or_default()),
        ("PGDATABASE", url.path().trim_start_matches('/')),
    ] {
        if !text.is_empty() {
            found.push((variable, decoded(text)?));
        }
    }
    found.extend(url.port().map(|port| ("PGPORT", port.to_string())));
    for (key, value) in url.query_pairs() {
        if key == "user" {
            found.push(("PGUSER", value.into_owned()));
        } else if let Some((_, variable)) = PARAMETERS.iter().find(|(known, _)| *known == key) {
            found.push((variable, value.into_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_address_becomes_the_variables_of_libpq() {
        let told = |url: &str| variables(url).unwrap().into_iter().collect::<BTreeMap<_, _>>();
        let expected = |pairs: &[(&'static str, &str)]| {
            pairs.iter().map(|(name, text)| (*name, (*text).to_owned())).collect::<BTreeMap<_, _>>()
        };

        assert_eq!(
            told("postgres://ann:p%40ss@db.example:6432/law?sslmode=verify-full&sslrootcert=/ca"),
            expected(&[
                ("PGDATABASE", "law"),
                ("PGHOST", "db.example"),
                ("PGPASSWORD", "p@ss"),
                ("PGPORT", "6432"),
                ("PGSSLMODE", "verify-full"),
                ("PGSSLROOTCERT", "/ca"),
                ("PGUSER", "ann"),
            ])
        );
        assert_eq!(
            told("postgres://ann@localhost/law?host=/run/postgresql"),
            expected(&[("PGDATABASE", "law"), ("PGHOST", "/run/postgresql"), ("PGUSER", "ann")])
        );
        let refused = variables("hunter2").unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn a_server_that_must_prove_its_name_needs_authorities() {
        for (query, needs) in [
            ("", false),
            ("?sslmode=require", false),
            ("?sslmode=verify-full", true),
            ("?ssl-mode=verify-ca", true),
            ("?sslmode=verify-full&sslrootcert=/ca", false),
        ] {
            let variables = variables(&format!("postgres://ann@db/law{query}")).unwrap();

            assert_eq!(needs_authorities(&variables), needs, "{query}");
        }
    }
}
