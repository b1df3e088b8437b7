//! The desks that a database was written with: their numbers and parties are in its rows.

use policy::{Desk, Partnership};
use sea_orm::sea_query::{Expr, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::SchemaManager;

use crate::columns::id;

/// The table that remembers them.
pub(crate) const TABLE: &str = "desk";

/// The desks of this process beside those that a database was written with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Same,
    /// In words, what is new; the rows must be filled again.
    Changed(String),
    /// In words, why the database cannot be served with these desks, and what to do.
    Refused(String),
}

/// A desk as a database remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    number: i64,
    id: String,
    /// Names, sorted, with a space between them.
    parties: String,
    region: bool,
}

impl Written {
    fn of(desk: &Desk) -> Self {
        let mut parties = desk.parties.clone();
        parties.sort();
        let (id, parties) = (desk.id.clone(), parties.join(" "));
        Self { number: desk.number.into(), id, parties, region: desk.region }
    }

    fn all(partnership: &Partnership) -> Vec<Self> {
        partnership.desks().iter().map(Self::of).collect()
    }
}

/// Compares the desks of this process with those that a database was written with.
pub async fn compare(db: &impl ConnectionTrait) -> Result<Comparison, DbErr> {
    let (before, now) = (read(db).await?, Written::all(Partnership::current()));
    Ok(if is_empty(db).await? && before != now {
        Comparison::Changed("nothing is recorded yet".to_owned())
    } else {
        difference(&before, &now)
    })
}

/// Returns whether nothing was ever recorded.
async fn is_empty(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let query = Query::select().column(id("seq")).from(id("head")).to_owned();
    let Some(row) = db.query_one(&query).await? else { return Ok(true) };
    Ok(row.try_get::<i64>("", "seq")? == 0)
}

/// Remembers the desks of this process; those that are built in where there are rows of before
/// desks were remembered.
pub(crate) async fn begin(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let is_new = is_empty(db).await?;
    write(db, if is_new { Partnership::current() } else { Partnership::built_in() }).await
}

/// Remembers these desks, and no others.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    partnership: &Partnership,
) -> Result<(), DbErr> {
    forget(db).await?;
    let mut insert = Query::insert();
    insert.into_table(id(TABLE)).columns(["number", "id", "parties", "region"].map(id));
    for Written { number, id, parties, region } in Written::all(partnership) {
        let row: [Expr; 4] = [number.into(), id.into(), parties.into(), region.into()];
        insert.values_panic(row);
    }
    db.execute(&insert).await.map(drop)
}

/// Forgets all of them.
pub(crate) async fn forget(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute(&Query::delete().from_table(id(TABLE)).to_owned()).await.map(drop)
}

/// Compares them as [`compare`] does, where a database remembers some already.
pub async fn compare_if_written(db: &DatabaseConnection) -> Result<Comparison, DbErr> {
    if SchemaManager::new(db).has_table(TABLE).await? {
        compare(db).await
    } else {
        Ok(Comparison::Same)
    }
}

async fn read(db: &impl ConnectionTrait) -> Result<Vec<Written>, DbErr> {
    let query = Query::select()
        .columns(["number", "id", "parties", "region"].map(id))
        .from(id(TABLE))
        .order_by(id("number"), Order::Asc)
        .to_owned();
    let rows = db.query_all(&query).await?;
    let written = rows.iter().map(|row| {
        Ok::<_, DbErr>(Written {
            number: row.try_get("", "number")?,
            id: row.try_get("", "id")?,
            parties: row.try_get("", "parties")?,
            region: row.try_get("", "region")?,
        })
    });
    written.collect()
}

/// Returns what differs. A desk keeps its number for ever, for it is in the rows, and a number its
/// desk.
fn difference(before: &[Written], now: &[Written]) -> Comparison {
    let mut changed = Vec::new();
    for old in before {
        let Written { id, number, .. } = old;
        match now.iter().find(|desk| desk.id == *id) {
            None => {
                let problem = format!("the desk `{id}` with the number {number} is missing");
                return Comparison::Refused(format!(
                    "{problem}: keep it, without parties if it ended"
                ));
            }
            Some(desk) if desk.number != *number => {
                let problem = format!("the desk `{id}` has the number {}", desk.number);
                return Comparison::Refused(format!("{problem}: it must keep {number}"));
            }
            Some(desk) if desk != old => changed.push(format!("`{id}` has other parties")),
            Some(_) => {}
        }
    }
    for desk in now.iter().filter(|desk| before.iter().all(|old| old.id != desk.id)) {
        changed.push(format!("`{}` is new", desk.id));
    }
    if changed.is_empty() { Comparison::Same } else { Comparison::Changed(changed.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(number: i64, id: &str, parties: &str) -> Written {
        Written { number, id: id.to_owned(), parties: parties.to_owned(), region: false }
    }

    #[test]
    fn a_desk_keeps_its_number_and_may_get_other_parties() {
        let before = [desk(1, "kz", "parties/kz"), desk(2, "kg", "parties/kg")];
        let [kz, kg] = before.clone();
        let mn = desk(3, "mn", "parties/mn");
        let both = Written { parties: "parties/kg parties/mn".to_owned(), ..kg.clone() };

        let told = |now: &[Written]| match difference(&before, now) {
            Comparison::Same => "same".to_owned(),
            Comparison::Changed(what) => format!("changed: {what}"),
            Comparison::Refused(why) => format!("refused: {why}"),
        };

        assert_eq!(told(&before), "same");
        assert_eq!(told(&[kz.clone(), kg.clone(), mn]), "changed: `mn` is new");
        assert_eq!(told(&[kz.clone(), both]), "changed: `kg` has other parties");
        assert_eq!(
            told(std::slice::from_ref(&kz)),
            "refused: the desk `kg` with the number 2 is missing: keep it, without parties if it ended"
        );
        let moved = Written { number: 3, ..kg };
        assert_eq!(told(&[kz, moved]), "refused: the desk `kg` has the number 3: it must keep 2");
    }
}
