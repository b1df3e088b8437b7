//! Imports an IATI activity file: how activities become projects, and what they tell of money
//! transactions of these. All else of an import is in the crate `ingest`.

mod links;
mod merge;
mod project;
mod reporter;
mod said;
mod transaction;

use std::io::Read;

use chassis::Failure;
use chronicle::Chronicle;
use facts::wire::MOST_ITEMS;
use formats::Reader;
use iati::Activity;
use ingest::{Import, Importer, Names, Notes, Prepared, Refusal, Report, Target, Words};
use sea_orm::sea_query::SimpleExpr;

use crate::app::App;
use crate::domain::{Project, Transaction};
use crate::store;

/// The options of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file's name, for the source of what is recorded.
    pub file_name: String,
    /// Read and check everything, record nothing.
    pub validate_only: bool,
}

/// Reads `file` to its end, or to where it breaks, and records what is whole.
pub async fn import_iati(
    app: &App,
    options: Options,
    file: impl Read + Send + 'static,
) -> Result<Report, Failure> {
    let Options { file_name, validate_only } = options;
    let iati = Iati { file_name };
    // On the heap: in one future with all that it waits for, it is too deep for the compiler.
    let import = ingest::import(&app.records.chronicle, iati, validate_only, file);
    let report = Box::pin(import).await?;
    tracing::info!(
        activities = report.totals.records,
        created = report.changes.created,
        updated = report.changes.updated,
        "an IATI file was imported"
    );
    Ok(report)
}

/// An IATI file of this name.
struct Iati {
    file_name: String,
}

impl Importer for Iati {
    type Record = Activity;
    type Parent = Project;
    type Child = Transaction;

    const METHOD: &'static str = "ImportIati";
    const IDENTIFIER: &'static str = "iati_identifier";
    const MARK: &'static str = "iati-";
    const WORDS: Words = Words {
        record: "activity",
        child: "transaction",
        record_too_large: "activity-too-large",
        child_too_large: "transaction-too-large",
        parent_deleted: "project-deleted",
    };

    fn open(&self, file: impl Read) -> impl Reader<Record = Activity> {
        iati::Reader::in_parts(file)
    }

    fn parent(&self, activity: &Activity, notes: &mut Notes) -> Project {
        project::project(activity, &self.file_name, notes)
    }

    fn child(&self, given: &iati::Transaction, notes: &mut Notes) -> Option<Transaction> {
        transaction::transaction(given, notes)
    }

    fn said(child: &Transaction) -> Option<Vec<u8>> {
        said::said(child)
    }

    fn says_more(child: &Transaction) -> bool {
        said::says_more(child)
    }

    fn has_more() -> Option<SimpleExpr> {
        Some(store::may_be_elsewhere())
    }

    fn attach(child: &mut Transaction, name: String, parent: &Project) {
        child.name = name;
        child.source.clone_from(&parent.source);
        transaction::settle(child);
    }

    fn identifier(parent: &Project) -> &str {
        &parent.iati_identifier
    }

    fn former(parent: &Project) -> Vec<&str> {
        project::former(parent)
    }

    fn stays(recorded: &Project, file: &Project) -> Option<Refusal> {
        reporter::stays(recorded, file)
    }

    fn doubt(recorded: &Project, file: &Project) -> Option<Refusal> {
        reporter::passed_on(recorded, file)
    }

    fn merge(recorded: &Project, file: &Project) -> Option<Project> {
        merge::news(recorded, file)
    }

    fn overwritten(recorded: &Project, becomes: &Project) -> Vec<&'static str> {
        merge::overwritten(recorded, becomes)
    }

    fn merge_child(recorded: &Transaction, file: &Transaction) -> Option<Transaction> {
        transaction::news(recorded, file)
    }

    fn alike(child: &Transaction) -> Vec<String> {
        transaction::alike(child)
    }

    fn succeed(gone: &Transaction, child: &mut Transaction, perhaps: bool) {
        transaction::succeed(gone, child, perhaps);
    }

    fn fits(merged: &Project) -> bool {
        let lists = [merged.external_ids.len(), merged.participants.len(), merged.relations.len()];
        lists.into_iter().all(|items| items <= MOST_ITEMS)
    }

    async fn link(chronicle: &Chronicle, targets: &mut [Target<'_, Self>]) -> Result<(), Failure> {
        links::resolve(chronicle, targets).await
    }

    async fn announce(
        import: Import<'_>,
        public: &Names,
        batch: &[Prepared<Self>],
    ) -> Result<(), Failure> {
        links::announce(import, public, batch).await
    }
}
