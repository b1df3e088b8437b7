//! A lineage as text.

use std::fmt::Write;

use api::registan::agreements::v1::{Lineage, LineageEdge};
use api::registan::r#type::v1::{Confidence, Date};
use facts::Day;
use facts::wire::checked_date;

use super::{relation, state};

/// Each agreement and act with where it stands, and to what it refers.
pub fn text(lineage: &Lineage) -> String {
    let Lineage { name, as_of, nodes, edges, known_by, .. } = lineage;
    let dated = |word: &str, date: &Option<Date>| {
        let day = date.and_then(|day| Day::new(day.year, day.month, day.day));
        day.map(|day| format!(" {word} {day}")).unwrap_or_default()
    };
    let (on, known) = (dated("on", as_of), dated("as known by", known_by));
    let mut text = format!("Lineage of {name}{on}{known}: {} agreements and acts\n\n", nodes.len());
    for node in nodes {
        line(&mut text, &format!("{}  {}  {}", node.name, state(node), node.title));
        for edge in edges.iter().filter(|edge| edge.from == node.name) {
            line(&mut text, &format!("  {}", of_edge(edge)));
        }
        if node.more {
            line(&mut text, &format!("  more follows: registan lineage {}", node.name));
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

/// `REPLACES agreements/eu-kz-pca-1995 since 2020-03-01  [CERTAIN: OJ L 29]`.
fn of_edge(edge: &LineageEdge) -> String {
    let other = if edge.provision.is_empty() { &edge.to } else { &edge.provision };
    let dated = |word: &str, date: Option<_>| {
        date.map(|date: facts::PartialDate| format!(" {word} {date}")).unwrap_or_default()
    };
    let since = dated("since", checked_date(edge.since.as_ref()));
    let until = dated("until", checked_date(edge.until.as_ref()));
    let citation = edge.source.as_ref().map(|source| source.citation.as_str());
    let evidence = match (edge.confidence(), citation.filter(|it| !it.is_empty())) {
        (Confidence::Unspecified, None) => String::new(),
        (Confidence::Unspecified, Some(citation)) => format!("  [{citation}]"),
        (confidence, citation) => {
            let word = confidence.as_str_name().trim_start_matches("CONFIDENCE_");
            let citation = citation.map(|citation| format!(": {citation}")).unwrap_or_default();
            format!("  [{word}{citation}]")
        }
    };
    format!("{} {other}{since}{until}{evidence}", relation(edge))
}
