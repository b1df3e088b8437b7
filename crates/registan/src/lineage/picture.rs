//! A lineage as a picture: what refers to another stands below it. Relations that do not hold on
//! the day are dashed.

use std::fmt::Write;

use api::registan::agreements::v1::{Lineage, LineageNode};

use super::{holds, relation, state};

/// The lines of a node: its title, its name, where it stands; an ellipsis where more follows.
fn lines(node: &LineageNode) -> Vec<String> {
    let more = node.more.then(|| "…".to_owned());
    [node.title.clone(), node.name.clone(), state(node)].into_iter().chain(more).collect()
}

/// A flowchart of Mermaid.
pub fn mermaid(lineage: &Lineage) -> String {
    let mut all = "flowchart BT\n".to_owned();
    let place = |name: &str| lineage.nodes.iter().position(|node| node.name == name).unwrap_or(0);
    for (number, node) in lineage.nodes.iter().enumerate() {
        let label: Vec<_> = lines(node).iter().map(|line| in_mermaid(line)).collect();
        add(&mut all, &format!("n{number}[\"{}\"]", label.join("<br/>")));
    }
    for edge in &lineage.edges {
        let (from, to, label) = (place(&edge.from), place(&edge.to), relation(edge));
        let arrow = if holds(edge) { ("--", "-->") } else { ("-.", ".->") };
        add(&mut all, &format!("n{from} {} \"{label}\" {} n{to}", arrow.0, arrow.1));
    }
    add(&mut all, &format!("style n{} stroke-width:3px", place(&lineage.name)));
    all
}

/// A graph of Graphviz.
pub fn dot(lineage: &Lineage) -> String {
    let mut all = "digraph lineage {\n  rankdir=BT;\n  node [shape=box];\n".to_owned();
    for node in &lineage.nodes {
        let label: Vec<_> = lines(node).iter().map(|line| in_dot(line)).collect();
        let width = if node.name == lineage.name { ", penwidth=3" } else { "" };
        let (name, label) = (in_dot(&node.name), label.join("\\n"));
        add(&mut all, &format!("\"{name}\" [label=\"{label}\"{width}];"));
    }
    for edge in &lineage.edges {
        let (from, to, label) = (in_dot(&edge.from), in_dot(&edge.to), relation(edge));
        let style = if holds(edge) { "" } else { ", style=dashed" };
        add(&mut all, &format!("\"{from}\" -> \"{to}\" [label=\"{label}\"{style}];"));
    }
    all + "}\n"
}

fn add(all: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(all, "  {line}");
}

/// A text within quotes of Mermaid, which knows entities that begin with `#`.
fn in_mermaid(text: &str) -> String {
    let escaped = text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;");
    escaped.replace('>', "#gt;").replace(['\n', '\r'], " ")
}

/// A text within quotes of DOT.
fn in_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}
