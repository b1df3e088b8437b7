//! The lineage of an agreement or act.

use std::sync::LazyLock;

use chassis::Failure;
use chronicle::At;
use chronicle::edges::{Near, Way};
use facts::{Day, ErrorReason};
use standard::failure::from_record;

use crate::app::App;
use crate::domain::lineage::{Node, Walk};
use crate::domain::{Act, Agreement};
use crate::ops;

/// The most levels of an answer.
const MAX_LEVELS: usize = 16;
/// The most agreements and acts of an answer.
const MAX_NODES: usize = 500;
/// The most rows of one level: what is found by its name and by what it refers to is found twice.
const MAX_ROWS: u64 = 2 * MAX_NODES as u64 + 1;
/// The most bytes that are said of them.
const MAX_BYTES: usize = 3 << 19;
/// The most bytes of documents that are read for one level.
const MAX_READ: usize = 8 << 20;

/// The kinds that have a lineage.
static WAYS: LazyLock<[Way; 2]> =
    LazyLock::new(|| [Way::of::<Agreement>("relations"), Way::of::<Act>("relations")]);

/// The lineage, and the day and instant of the record it holds for.
pub struct LineageOnDay {
    /// The walk, at its end.
    pub walk: Walk,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The lineage of an agreement or act, on a day (today if absent), at a record time (now if
/// absent), of what was known on a day (all if absent). One query for each level, all at the record
/// time of the first; and two more for the sources, where only what was known is asked for.
pub async fn get_lineage(
    app: &App,
    name: &str,
    as_of: Option<Day>,
    read_time: Option<i64>,
    known_by: Option<Day>,
) -> Result<LineageOnDay, Failure> {
    let (node, read_time) = first(app, name, read_time, known_by).await?;
    let search = Search { app, name, read_time, known_by };
    let mut walk = Walk::from(node);
    for _ in 0..MAX_LEVELS {
        if walk.step().is_empty() {
            break;
        }
        let found = search.look(&walk).await?;
        walk.go(found);
        expect_room(&walk, name)?;
    }
    if !walk.step().is_empty() {
        let beyond = search.look(&walk).await?;
        walk.stop(&beyond);
    }
    Ok(LineageOnDay { walk, as_of: ops::day_or_today(app, as_of), read_time })
}

/// The start of the walk. One that was not known is not found.
async fn first(
    app: &App,
    name: &str,
    read_time: Option<i64>,
    known_by: Option<Day>,
) -> Result<(Node, i64), Failure> {
    let records = &app.records;
    let missing = |kind| from_record(kind, chronicle::Error::NotFound(name.to_owned()));
    if name.starts_with("acts/") {
        let (shown, time) = records.find_by::<Act>("name", name.to_owned(), read_time).await?;
        let found = shown.into_stored().value.into_message();
        let known = records.known(vec![found], known_by, time).await?;
        let node = known.first().map(|act| (Node::from(act), time));
        return node.ok_or_else(|| missing("registan/Act"));
    }
    let (shown, time) = records.find_by::<Agreement>("name", name.to_owned(), read_time).await?;
    let found = shown.into_stored().value.into_message();
    let known = records.known(vec![found], known_by, time).await?;
    let node = known.first().map(|agreement| (Node::from(agreement), time));
    node.ok_or_else(|| missing("registan/Agreement"))
}

/// A search for the nodes of a walk.
struct Search<'a> {
    app: &'a App,
    name: &'a str,
    read_time: i64,
    known_by: Option<Day>,
}

impl Search<'_> {
    /// The nodes that the next step of a walk leads to.
    async fn look(&self, walk: &Walk) -> Result<Vec<Node>, Failure> {
        let (records, reader) = (&self.app.records, standard::reader());
        let (chronicle, at) = (&records.chronicle, At::Time(self.read_time));
        let failed = |error| from_record("registan/Agreement", error);
        let near = chronicle.near(&*WAYS, &walk.step(), at, &reader, MAX_ROWS).await;
        let near = near.map_err(failed)?;
        if !fits(&near) {
            return Err(too_large(self.name));
        }
        let shown = chronicle.show_near::<Agreement>(&near, at, &reader).await.map_err(failed)?;
        let agreements = shown.into_iter().map(|one| one.into_stored().value.into_message());
        let agreements = records.known(agreements.collect(), self.known_by, self.read_time).await?;
        let shown = chronicle.show_near::<Act>(&near, at, &reader).await.map_err(failed)?;
        let acts = shown.into_iter().map(|one| one.into_stored().value.into_message());
        let acts = records.known(acts.collect(), self.known_by, self.read_time).await?;
        Ok(agreements.iter().map(Node::from).chain(acts.iter().map(Node::from)).collect())
    }
}

/// Returns whether so much may be read for one level.
const fn fits(near: &Near) -> bool {
    near.len() <= MAX_NODES && near.bytes <= MAX_READ
}

fn expect_room(walk: &Walk, name: &str) -> Result<(), Failure> {
    let bytes = walk.reached.values().map(|one| one.node.bytes()).sum::<usize>();
    let fits = walk.reached.len() <= MAX_NODES && bytes <= MAX_BYTES;
    if fits { Ok(()) } else { Err(too_large(name)) }
}

fn too_large(name: &str) -> Failure {
    let message = format!(
        "the lineage is larger than an answer may be: list agreements and acts with the filter relations:\"{name}\""
    );
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}
