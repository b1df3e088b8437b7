//! The lineage of an agreement or act, as its message.

use std::collections::BTreeMap;

use api::registan::agreements::v1::{
    ActRelation, GetLineageRequest, Lineage, LineageEdge, LineageNode,
};
use standard::at;
use standard::time::{micros, timestamp};
use tonic::{Request, Response};

use super::agreements::read_day;
use super::convert::status_message;
use crate::app::App;
use crate::domain::lineage::{Kind, Reached, whole};
use crate::domain::relation;
use crate::domain::status::{self, Status};
use crate::ops;

/// Returns what an agreement or act comes from, and what came of it.
pub async fn get_lineage(
    app: App,
    request: Request<GetLineageRequest>,
) -> Result<Response<Lineage>, tonic::Status> {
    let GetLineageRequest { name, as_of, read_time, known_by } = request.into_inner();
    let (as_of, read_time) = (read_day(as_of)?, micros(read_time)?);
    let answer =
        ops::get_lineage(&app, &name, as_of, read_time, standard::day("known_by", known_by)?)
            .await?;
    let as_of = answer.as_of;
    let status = |one: &Reached| status::on(&one.node.milestones, "", as_of);
    let reached = answer.walk.reached.iter();
    let mut statuses: BTreeMap<String, Status> =
        reached.map(|(name, one)| (name.clone(), status(one))).collect();
    let edge =
        |(from, relation): (&str, &ActRelation)| Some(edge(statuses.get(from)?, from, relation));
    let edges = answer.walk.edges().filter_map(edge).collect();
    let reached = answer.walk.reached.into_values();
    let node = |one: Reached| Some(node(statuses.remove(&one.node.name)?, one));
    let mut nodes: Vec<LineageNode> = reached.filter_map(node).collect();
    // They are in the order of their names.
    nodes.sort_by_key(|node| node.level);
    let read_time = Some(timestamp(answer.read_time));
    let message = Lineage { name, as_of: Some(as_of.into()), read_time, nodes, edges, known_by };
    Ok(at(answer.read_time, message))
}

fn node(status: Status, reached: Reached) -> LineageNode {
    let Reached { node, level, more, .. } = reached;
    let (agreement_kind, act_kind) = match node.kind {
        Kind::Agreement(kind) => (kind, 0),
        Kind::Act(kind) => (0, kind),
    };
    LineageNode {
        name: node.name,
        title: node.title,
        agreement_kind,
        act_kind,
        status: Some(status_message(status)),
        level,
        more,
        perhaps_known: node.perhaps_known,
    }
}

fn edge(status: &Status, from: &str, relation: &ActRelation) -> LineageEdge {
    let to = whole(&relation.resource);
    let is_part = to != relation.resource;
    LineageEdge {
        from: from.to_owned(),
        to: to.to_owned(),
        provision: if is_part { relation.resource.clone() } else { String::new() },
        kind: relation.kind,
        state: relation::of(status, relation.since.as_ref(), relation.until.as_ref()).into(),
        since: relation.since.clone(),
        until: relation.until.clone(),
        note: relation.note.clone(),
        source: relation.source.clone(),
        confidence: relation.confidence,
    }
}
