//! `registan lineage`: what an agreement or act comes from and what came of it, as text or as a
//! picture.

mod picture;
mod text;

use std::io::Write;

use anyhow::Context;
use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{GetLineageRequest, LineageEdge, LineageNode, lineage_edge};
use chassis::process::block_on;

use crate::cli::{Format, Lineage};
use crate::output::unless_closed;
use crate::refused::refused;

pub fn run(arguments: &Lineage) -> anyhow::Result<()> {
    let read_time = arguments.read_time.as_ref().map(|typed| typed.parse()).transpose();
    let request = GetLineageRequest {
        name: arguments.name.clone(),
        as_of: arguments.as_of.map(Into::into),
        read_time: read_time.context("--read-time")?,
        known_by: arguments.known_by.map(Into::into),
    };
    block_on(async {
        let client = AgreementServiceClient::new(arguments.reach.reader()?);
        let mut client = client.max_decoding_message_size(chassis::server::MAX_ENCODING);
        let answer = client.get_lineage(request).await;
        let reach = &arguments.reach;
        let answer =
            answer.map_err(|status| reach.or_with_token(refused(&status, &reach.gateway)))?;
        let printed = printed(&answer.into_inner(), arguments.format);
        let mut out = std::io::stdout().lock();
        let written = out.write_all(printed.as_bytes()).and_then(|()| out.flush());
        unless_closed(written.map_err(Into::into))
    })
}

fn printed(lineage: &wire::Lineage, format: Format) -> String {
    match format {
        Format::Text => text::text(lineage),
        Format::Mermaid => picture::mermaid(lineage),
        Format::Dot => picture::dot(lineage),
    }
}

/// Where a node stands on the day: `IN_FORCE`.
fn state(node: &LineageNode) -> String {
    let state = node.status.as_ref().map(wire::AgreementStatus::state).unwrap_or_default();
    state.as_str_name().trim_start_matches("STATE_").to_owned()
}

/// The relation of an edge, with a mark where it does not hold on the day: `REPLACES (NOT_YET)`.
fn relation(edge: &LineageEdge) -> String {
    let kind = edge.kind().as_str_name().trim_start_matches("KIND_");
    let state = edge.state().as_str_name().trim_start_matches("STATE_");
    if holds(edge) { kind.to_owned() } else { format!("{kind} ({state})") }
}

fn holds(edge: &LineageEdge) -> bool {
    edge.state() == lineage_edge::State::Holds
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::agreement::State;
    use api::registan::agreements::v1::relation::Kind;
    use api::registan::r#type::v1::{Confidence, Date, SourceRef};

    use super::*;

    /// A treaty that is to be replaced, with a title that every format must escape.
    fn lineage() -> wire::Lineage {
        let node = |name: &str, title: &str, state: State, more| LineageNode {
            name: name.to_owned(),
            title: title.to_owned(),
            status: Some(wire::AgreementStatus { state: state.into(), ..Default::default() }),
            more,
            ..LineageNode::default()
        };
        let edge = LineageEdge {
            from: "agreements/new".to_owned(),
            to: "agreements/old".to_owned(),
            provision: "agreements/old/provisions/art-1".to_owned(),
            kind: Kind::Replaces.into(),
            state: lineage_edge::State::NotYet.into(),
            source: Some(SourceRef { citation: "OJ L 1".to_owned(), ..SourceRef::default() }),
            confidence: Confidence::Likely.into(),
            ..LineageEdge::default()
        };
        wire::Lineage {
            name: "agreements/new".to_owned(),
            as_of: Some(Date { year: 2024, month: 1, day: 17 }),
            nodes: vec![
                node("agreements/new", "A \"new\" <one>", State::Signed, false),
                node("agreements/old", "Old", State::InForce, true),
            ],
            edges: vec![edge],
            ..wire::Lineage::default()
        }
    }

    #[test]
    fn a_lineage_is_printed_as_text() {
        assert_eq!(
            printed(&lineage(), Format::Text),
            "Lineage of agreements/new on 2024-01-17: 2 agreements and acts\n\n\
             agreements/new  SIGNED  A \"new\" <one>\n  \
             REPLACES (NOT_YET) agreements/old/provisions/art-1  [LIKELY: OJ L 1]\n\
             agreements/old  IN_FORCE  Old\n  \
             more follows: registan lineage agreements/old\n"
        );
    }

    #[test]
    fn a_lineage_is_a_flowchart() {
        assert_eq!(
            printed(&lineage(), Format::Mermaid),
            "flowchart BT\n  \
             n0[\"A #quot;new#quot; #lt;one#gt;<br/>agreements/new<br/>SIGNED\"]\n  \
             n1[\"Old<br/>agreements/old<br/>IN_FORCE<br/>…\"]\n  \
             n0 -. \"REPLACES (NOT_YET)\" .-> n1\n  \
             style n0 stroke-width:3px\n"
        );
    }

    #[test]
    fn a_lineage_is_a_graph() {
        assert_eq!(
            printed(&lineage(), Format::Dot),
            "digraph lineage {\n  rankdir=BT;\n  node [shape=box];\n  \
             \"agreements/new\" [label=\"A \\\"new\\\" <one>\\nagreements/new\\nSIGNED\", penwidth=3];\n  \
             \"agreements/old\" [label=\"Old\\nagreements/old\\nIN_FORCE\\n…\"];\n  \
             \"agreements/new\" -> \"agreements/old\" [label=\"REPLACES (NOT_YET)\", style=dashed];\n}\n"
        );
    }
}
