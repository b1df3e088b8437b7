//! The tables of the record, made from the descriptions of the resources: the same statements for
//! both engines.
//!
//! A migration applies them to a database; a test in each service pins the text that comes out, so
//! that a later change of a description is noticed and gets a migration of its own.
//!
//! - `column`: columns of tables, by their types
//! - `found`: what a database has
//! - `frequent`: how frequent PostgreSQL is to expect words
//! - `migration`: of which those of services are made
//! - `shape`: one table

mod column;
mod found;
mod frequent;
mod migration;
mod shape;

use sea_orm::sea_query::{
    ColumnDef, ConditionalStatement, Expr, ExprTrait, Index, IndexCreateStatement, Query,
    SqliteQueryBuilder, Table,
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{SchemaManager, SchemaManagerConnection};

use self::column::{bytes, column, flag, key_number, level, number, text, uuid};
use self::found::Found;
pub use self::migration::{BREAKS_OLDER, InheritDesks, Refill, SchemaMigration};
use self::shape::Shape;
use crate::beside;
use crate::chain;
pub use crate::columns::{OPEN, open_literal};
use crate::columns::{hidden_literal, id, side};
use crate::derive::{Derive, derive};
use crate::desks;
use crate::error::Error;
use crate::head::Head;
use crate::heirs::{Inherit, inherit};
use crate::resource::Resource;
use crate::sides::SideKind;
use crate::sums::Totals;
use crate::totals;
use crate::verify::Kind;

/// Tables and indexes, in the order in which they are created.
#[derive(Default)]
pub struct Schema {
    tables: Vec<Shape>,
    indexes: Vec<IndexCreateStatement>,
    /// The tables of words.
    words: Vec<String>,
    kinds: Vec<(&'static str, Derive)>,
    totals: Vec<(&'static str, Totals)>,
    checked: Vec<Kind>,
    heirs: Vec<Inherit>,
}

impl Schema {
    /// Returns the tables of every service: the head row, the change log, the request ids, the
    /// secret, the desks.
    pub fn service() -> Self {
        let mut schema = Self::default();
        schema.table("head", &["one"], head_columns());
        let mut change = vec![number("time"), number("seq"), text("kind"), uuid("uid")];
        change.extend([number("revision"), text("operation"), text("caller")]);
        change.extend([text("method"), text("commitment"), text("hash")]);
        schema.table("change", &["time"], change);
        let mut request = vec![text("caller"), text("method"), uuid("request")];
        request.extend([number("fingerprint"), uuid("uid"), number("revision"), number("time")]);
        schema.table("request", &["caller", "method", "request"], request);
        schema.table("secret", &["one"], vec![key_number("one"), text("hex")]);
        let desk = vec![number("number"), text("id"), text("parties"), flag("region")];
        schema.table(desks::TABLE, &["number"], desk);
        schema.indexes = vec![
            index("change_kind", "change", &["kind", "time"]),
            index("request_time", "request", &["time"]),
        ];
        schema
    }

    /// Adds the versions of a resource, a side table for each field with many values, and their
    /// indexes.
    #[must_use]
    pub fn with<T: Resource>(mut self) -> Self {
        let kind = T::KIND;
        let mut columns = vec![uuid("uid"), number("revision"), text("name"), number("created")];
        columns.extend([number("recorded_from"), number("recorded_to"), flag("deleted")]);
        columns.extend([level("tier"), number("desks"), text("salt"), bytes("document")]);
        columns.extend([level("shown"), text("views")]);
        self.indexes.extend([
            // One open version a name, and the way to the version that stood at an instant.
            index(&format!("{kind}_name"), kind, &["name", "recorded_to"]).unique().to_owned(),
            open_index(&format!("{kind}_open"), kind, &["uid"]),
            index(&format!("{kind}_uid_at"), kind, &["uid", "recorded_from", "recorded_to"]),
            // The few that are hidden from some, and only those: for what everybody may read there
            // are better ways, from which an index that begins with the tier would draw the planner
            // of SQLite away.
            open_index(&format!("{kind}_hidden"), kind, &["tier", "uid"])
                .and_where(hidden_literal())
                .to_owned(),
            // Whether something was hidden since an instant, without a look at all its versions.
            index(&format!("{kind}_raised"), kind, &["name", "recorded_to"])
                .and_where(hidden_literal())
                .to_owned(),
        ]);
        let mut sides = Vec::new();
        for field in T::fields() {
            if field.many() {
                sides.push((side(kind, field.path), field.sides()));
                continue;
            }
            columns.push(column(&field));
            if field.sortable {
                self = self.with_order::<T>(field.path);
            }
        }
        self.table(kind, &["uid", "revision"], columns);
        for (name, sides) in sides {
            self.side_table(&name, sides);
        }
        if let Some(totals) = T::TOTALS {
            self.totals_table::<T>(totals);
        }
        self.kinds.push((kind, derive::<T>()));
        self.checked.push(Kind::of::<T>());
        self.heirs.extend(T::PARENT.map(|_| inherit::<T> as Inherit));
        self
    }

    /// Returns the kinds kept in these tables, to be verified.
    pub fn into_kinds(self) -> Vec<Kind> {
        self.checked
    }

    /// Adds the indexes by which pages are read in the order of a field, or within one value of it:
    /// now and at an instant. A sortable field has them already.
    #[must_use]
    pub fn with_order<T: Resource>(mut self, path: &str) -> Self {
        let kind = T::KIND;
        self.indexes.push(open_index(&format!("{kind}_{path}_open"), kind, &[path, "uid"]));
        self.indexes.push(index(
            &format!("{kind}_{path}_at"),
            kind,
            &[path, "uid", "recorded_from", "recorded_to"],
        ));
        self
    }

    /// Adds an index on columns of the open versions of a resource, for a query of the service's
    /// own.
    #[must_use]
    pub fn with_open_index<T: Resource>(mut self, columns: &[&str]) -> Self {
        self.indexes.push(open_index(
            &format!("{}_{}_open", T::KIND, columns.join("_")),
            T::KIND,
            columns,
        ));
        self
    }

    fn table(&mut self, name: &str, key: &[&'static str], columns: Vec<ColumnDef>) {
        self.tables.push(Shape { name: name.to_owned(), columns, key: key.to_vec() });
    }

    /// The sums that are kept of a kind, and where in the log they stand.
    fn totals_table<T: Resource>(&mut self, totals: Totals) {
        let keys: Vec<&'static str> = totals.keys().collect();
        let mut columns = Vec::new();
        for field in T::fields().iter().filter(|field| keys.contains(&field.path)) {
            columns.push(column(field));
        }
        columns.extend([level("tier"), number("desks")]);
        columns.extend(totals.sums().map(number));
        self.table(&totals::table(T::KIND), &keys, columns);
        if self.totals.is_empty() {
            self.table(totals::PLACE, &["kind"], vec![text("kind"), number("time")]);
        }
        self.totals.push((T::KIND, totals));
    }

    /// Values of a field with many, or of one that has one value a day, or words, as intervals of
    /// their own: a version that keeps its values writes no row.
    fn side_table(&mut self, name: &str, kind: SideKind) {
        let mut columns =
            vec![uuid("uid"), text("value"), number("recorded_from"), number("recorded_to")];
        let mut key: &'static [_] = &["uid", "value", "recorded_from"];
        let ways: &[_] = match kind {
            SideKind::Values => &["value", "recorded_to", "uid", "recorded_from"],
            // The last day comes before the first: most questions are of days of late, and most
            // periods have begun by then.
            SideKind::Days => {
                columns.extend([number("valid_from"), number("valid_to")]);
                key = &["uid", "valid_from", "recorded_from"];
                &["value", "valid_to", "valid_from", "recorded_to", "uid", "recorded_from"]
            }
            // The heaviest of a word are found first.
            SideKind::Words => {
                columns.push(number("weight"));
                self.words.push(name.to_owned());
                &["value", "weight", "uid", "recorded_to", "recorded_from"]
            }
        };
        self.indexes.push(index(&format!("{name}_value"), name, ways));
        self.table(name, key, columns);
    }

    /// Applies this schema to a database: creates what is missing, the head row and the secret
    /// included, and fills new columns from the documents. What is there stays as it is, so it can
    /// run again.
    pub async fn apply(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let found = Found::read(manager.get_connection()).await?;
        let (mut grown, mut made) = (Vec::new(), Vec::new());
        for shape in &self.tables {
            if !found.has_table(&shape.name) {
                self.make(manager, shape).await?;
                made.push(shape.name.as_str());
            } else if shape.grow(manager, &found).await? {
                if self.totals_in(&shape.name).is_some() {
                    // What the rows say is less than the columns ask now, and so is their key.
                    manager.drop_table(Table::drop().table(id(&shape.name)).to_owned()).await?;
                    self.make(manager, shape).await?;
                    made.push(shape.name.as_str());
                } else {
                    grown.push(shape.name.as_str());
                }
            }
        }
        let former = self.kinds.iter().map(|(kind, _)| format!("{kind}_tier"));
        for name in former.filter(|name| found.has_index(name)) {
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        // A table of sums may have been made anew: none of these is on one.
        let is_there = |index: &&IndexCreateStatement| {
            index.get_index_spec().get_name().is_some_and(|name| found.has_index(name))
        };
        for index in self.indexes.iter().filter(|index| !is_there(index)) {
            manager.create_index(index.clone().if_not_exists().to_owned()).await?;
        }
        let db = manager.get_connection();
        self.expect_frequent_words(db).await?;
        start(db, grown.contains(&"head")).await?;
        if made.contains(&desks::TABLE) {
            desks::begin(db).await?;
        }
        // First: etags are made of the salts.
        if grown.contains(&"change") {
            let kinds: Vec<_> = self.kinds.iter().map(|(kind, _)| *kind).collect();
            chain::seal(db, &kinds).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        self.fill(db, |kind| grown.contains(&kind)).await?;
        let is_new = |kind: &str| made.contains(&totals::table(kind).as_str());
        self.sum(db, |kind| grown.contains(&kind) || is_new(kind)).await?;
        if self.kinds.iter().any(|(kind, _)| grown.contains(kind)) {
            self.hold_head_back(db).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        Ok(())
    }

    /// Fills columns and side tables of some of the kinds from the documents.
    async fn fill(
        &self,
        db: &SchemaManagerConnection<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), DbErr> {
        for (kind, derive) in self.kinds.iter().filter(|(kind, _)| wanted(kind)) {
            derive(db).await.map_err(|error| DbErr::Custom(format!("{kind}: {error}")))?;
        }
        Ok(())
    }

    /// The kind and the totals that a table holds, if it is one of totals.
    fn totals_in(&self, table: &str) -> Option<&(&'static str, Totals)> {
        self.totals.iter().find(|(kind, _)| totals::table(kind) == table)
    }

    async fn make(&self, manager: &SchemaManager<'_>, shape: &Shape) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        let Some((kind, totals)) = self.totals_in(&shape.name).filter(|_| postgres) else {
            return manager.create_table(shape.create()).await;
        };
        manager.create_table(shape.create_without_key()).await?;
        manager.get_connection().execute_unprepared(&totals.unique(kind)).await.map(|_| ())
    }

    /// Makes the totals of some of the kinds anew.
    async fn sum(
        &self,
        db: &SchemaManagerConnection<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), DbErr> {
        for (kind, totals) in self.totals.iter().filter(|(kind, _)| wanted(kind)) {
            let made = totals.rebuild(db, kind).await;
            made.map_err(|error| DbErr::Custom(format!("the totals of {kind}: {error}")))?;
        }
        Ok(())
    }

    /// Sets the times of the head row back to those of the last versions that can be noticed, where
    /// they are later: what was noticed when it was written may count as noticed by nobody now.
    async fn hold_head_back(&self, db: &SchemaManagerConnection<'_>) -> Result<(), Error> {
        let mut noticed = [0; 3];
        for (kind, _) in &self.kinds {
            for (latest, time) in noticed.iter_mut().zip(beside::noticed(db, kind, None).await?) {
                *latest = Ord::max(*latest, time);
            }
        }
        let head = Head::read(db).await?;
        let mut update = Query::update();
        update.table(id("head"));
        for ((name, time), noticed) in Head::SEEN.into_iter().zip(head.seen).zip(noticed) {
            update.value(id(name), Ord::min(time, noticed));
        }
        db.execute(&update).await?;
        Ok(())
    }

    /// The statements as SQLite text, one a line, for the test that pins them.
    pub fn text(&self) -> String {
        let tables = self.tables.iter().map(|shape| shape.create().to_string(SqliteQueryBuilder));
        let indexes = self.indexes.iter().map(|index| index.to_string(SqliteQueryBuilder));
        tables.chain(indexes).map(|statement| statement + ";\n").collect()
    }
}

/// The head row and the secret, where they are missing. `grown`: the head row of before tiers were
/// kept has columns for them now.
async fn start<C: ConnectionTrait>(db: &C, grown: bool) -> Result<(), DbErr> {
    let mut secret = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut secret)
        .map_err(|_| DbErr::Custom("the machine gave no random bytes".to_owned()))?;
    let secret = hex::encode(secret);
    db.execute_unprepared(
        "INSERT INTO head (one, seq, time) VALUES (1, 0, 0) ON CONFLICT DO NOTHING",
    )
    .await?;
    db.execute_unprepared(&format!(
        "INSERT INTO secret (one, hex) VALUES (1, '{secret}') ON CONFLICT DO NOTHING"
    ))
    .await?;
    if grown {
        // A record of before tiers were kept is public as a whole.
        let seen = "UPDATE head SET public = time, restricted = time, confidential = time WHERE confidential = 0";
        db.execute_unprepared(seen).await?;
    }
    Ok(())
}

/// Where the record stands: sequence, record time and hash of the last change; and, so that an
/// answer tells nothing of what its reader may not see, the record time of the last change that
/// could be seen up to each tier.
fn head_columns() -> Vec<ColumnDef> {
    let mut columns = vec![key_number("one"), number("seq"), number("time"), text("hash")];
    columns.extend(["public", "restricted", "confidential"].map(number));
    columns
}

fn index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(id(table)).to_owned();
    for column in columns {
        index.col(id(*column));
    }
    index
}

/// Only the open versions: small, whatever the history, and of no use to a pinned read, which must
/// not be lured into it.
fn open_index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    index(name, table, columns)
        .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
        .to_owned()
}
