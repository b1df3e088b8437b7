//! The trait of a service that imports, and the types of its arguments.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::io::Read;

use chassis::Failure;
use chronicle::{Chronicle, Document, Resource, Stored};
use formats::{Finding, Reader, Record, Severity};
use sea_orm::sea_query::SimpleExpr;
use standard::access::Around;
use standard::{Served, Step};

use crate::account::Account;
use crate::name::{child_name, last};
use crate::notes::{Notes, finding};
use crate::write::Import;

/// Makes resources of the records of a format. What it makes must depend on the file alone, so that
/// a second import finds the same.
pub trait Importer: Send + Sync + Sized + 'static {
    /// A record of the format.
    type Record: Record;
    /// The resource that a record becomes.
    type Parent: Served;
    /// The resource that a child of a record becomes, within the parent; where records have none,
    /// the same type as the parent.
    type Child: Served;

    /// The method, as the log of the record names it.
    const METHOD: &'static str;
    /// The field of a parent that holds the identifier of its record. It has an index.
    const IDENTIFIER: &'static str;
    /// How the ids of imported children begin. Others are never touched by an import.
    const MARK: &'static str;
    /// False: a record without a recorded parent is skipped, with a finding.
    const CREATES: bool = true;
    /// How findings call it all.
    const WORDS: Words;

    /// Opens a file of the format; records of many children come in parts.
    fn open(&self, file: impl Read) -> impl Reader<Record = Self::Record>;

    /// Makes the parent of a record, under a name that its identifier decides ([`id`](crate::id)).
    /// What it cannot hold goes to `notes`.
    fn parent(&self, record: &Self::Record, notes: &mut Notes) -> Self::Parent;

    /// Makes a child without name; nothing, and an error in `notes`, if it cannot be recorded. What
    /// it says names it, so it holds nothing of its parent or of the file as a whole.
    fn child(
        &self,
        child: &<Self::Record as Record>::Child,
        notes: &mut Notes,
    ) -> Option<Self::Child>;

    /// Returns what a child says, before it has its name: the text by which it is named, the same
    /// in every import for ever. By default its document.
    fn said(child: &Self::Child) -> Option<Vec<u8>> {
        child.to_document().ok()
    }

    /// Returns whether a child has more than what names it, so that one recorded before may not be
    /// as the file has it. By default none has.
    fn says_more(_child: &Self::Child) -> bool {
        false
    }

    /// Returns the condition that a recorded child, `v`, may have more than what names it, so that
    /// it may not be as a file has it that does not. By default none has.
    fn has_more() -> Option<SimpleExpr> {
        None
    }

    /// Gives a child its name, and the values that it has from its parent.
    fn attach(child: &mut Self::Child, name: String, parent: &Self::Parent);

    /// Returns the identifier of the record that a parent is of; empty if it is of none.
    fn identifier(parent: &Self::Parent) -> &str;

    /// Lays what the file says over what is recorded, and keeps its name; nothing if the file says
    /// nothing new.
    fn merge(recorded: &Self::Parent, file: &Self::Parent) -> Option<Self::Parent>;

    /// Returns the fields of a recorded parent whose values are lost in what it becomes. By default
    /// none is: the file only adds.
    fn overwritten(_recorded: &Self::Parent, _becomes: &Self::Parent) -> Vec<&'static str> {
        Vec::new()
    }

    /// Lays what the file says over a recorded child, which was written again since an import made
    /// it or of which the file says more, and keeps its name; nothing if it is as the file has it.
    fn merge_child(recorded: &Self::Child, file: &Self::Child) -> Option<Self::Child>;

    /// Returns the keys by which a child is found to be the correction of one that is gone, the
    /// surest first; an empty one is none. Where several have one, only the last is a key. By
    /// default nothing is one.
    fn alike(_child: &Self::Child) -> Vec<String> {
        Vec::new()
    }

    /// Gives a child what no file states of the one whose place it takes; where that is `perhaps`
    /// another one, only what hides it.
    fn succeed(_gone: &Self::Child, _child: &mut Self::Child, _perhaps: bool) {}

    /// Checks whether what was merged is no more than a parent may hold.
    fn fits(_merged: &Self::Parent) -> bool {
        true
    }

    /// Returns the identifiers that the record of a parent had before.
    fn former(_parent: &Self::Parent) -> Vec<&str> {
        Vec::new()
    }

    /// Returns why what is recorded stays as it is, whatever the file says of it.
    fn stays(_recorded: &Self::Parent, _file: &Self::Parent) -> Option<Refusal> {
        None
    }

    /// Returns a warning about a record that becomes of what is recorded what it says, though
    /// perhaps it should not.
    fn doubt(_recorded: &Self::Parent, _file: &Self::Parent) -> Option<Refusal> {
        None
    }

    /// Completes what a batch becomes, before it is recorded, by what else is recorded: links. The
    /// default links nothing.
    fn link(
        _chronicle: &Chronicle,
        _targets: &mut [Target<'_, Self>],
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        ready(Ok(()))
    }

    /// Links what is recorded to those of a batch that everybody may see, after it was recorded:
    /// also what an import that broke off did not come to.
    fn announce(
        _import: Import<'_>,
        _public: &Names,
        _batch: &[Prepared<Self>],
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        ready(Ok(()))
    }
}

/// The rule of a finding, and the problem.
pub type Refusal = (&'static str, String);

/// How findings call what is imported. Rules are named whole, for they never change.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// A record: `activity`.
    pub record: &'static str,
    /// A child: `transaction`.
    pub child: &'static str,
    /// The rule of a record that is too large.
    pub record_too_large: &'static str,
    /// The rule of a child that is too large.
    pub child_too_large: &'static str,
    /// The rule of a record whose parent was deleted.
    pub parent_deleted: &'static str,
}

/// A record ready to be compared with what is recorded.
pub struct Prepared<I: Importer> {
    /// Line of the file where it starts.
    pub line: u64,
    /// The parent as the file has it.
    pub parent: I::Parent,
    /// The elements of the file that it is made from.
    pub(crate) account: Account,
    /// The children as the file has them, each with the elements that it is made from.
    pub(crate) children: Vec<(I::Child, Account)>,
}

impl<I: Importer> Prepared<I> {
    /// Returns the identifier of the record.
    pub fn identifier(&self) -> &str {
        I::identifier(&self.parent)
    }

    /// Returns an error about the record.
    pub(crate) fn error(&self, rule: &'static str, message: String) -> Finding {
        finding(Severity::Error, rule, self.line, self.identifier(), message)
    }

    /// Returns a warning about the record.
    pub(crate) fn warning(&self, rule: &'static str, message: String) -> Finding {
        finding(Severity::Warning, rule, self.line, self.identifier(), message)
    }

    /// Returns what of the file it is made of, its children after itself.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        std::iter::once(&self.account).chain(self.children.iter().map(|(_, account)| account))
    }
}

/// Where a record goes: to a recorded parent, or to a new one.
pub struct Target<'a, I: Importer> {
    /// The record.
    pub prepared: &'a Prepared<I>,
    /// The parent as it stands; absent of a new one.
    pub recorded: Option<&'a Stored<I::Parent>>,
    /// The new value of the parent: of a recorded one absent where the file says nothing new, of a
    /// new one where it is as the file has it.
    pub becomes: Option<I::Parent>,
}

impl<I: Importer> Target<'_, I> {
    /// Returns the name of the parent.
    pub fn name(&self) -> &str {
        self.before().name()
    }

    /// Returns the parent as it will stand.
    pub fn value(&self) -> &I::Parent {
        self.becomes.as_ref().unwrap_or_else(|| self.before())
    }

    fn before(&self) -> &I::Parent {
        self.recorded.map_or(&self.prepared.parent, |stored| &stored.value)
    }

    /// Returns what the write of the parent is, if there is one.
    pub(crate) fn step(&self) -> Option<Step<'_, I::Parent>> {
        match (self.recorded, &self.becomes) {
            (None, _) => Some(Step::Create(self.value())),
            (Some(recorded), Some(becomes)) => Some(Step::Update(recorded, becomes)),
            (Some(_), None) => None,
        }
    }

    /// Returns the names its children have there.
    pub(crate) fn child_names(&self) -> Vec<String> {
        let ids = self.prepared.children.iter().map(|(child, _)| last(child.name()));
        ids.map(|id| child_name::<I::Child>(self.name(), id)).collect()
    }

    /// Returns what its children lie within: judged as it stands, with the desks it is to have.
    pub(crate) fn around(&self) -> Around {
        Around::of(self.before()).with_desks(self.value().desks())
    }
}

/// The names of parents by the identifiers of their records.
pub type Names = HashMap<String, String>;
