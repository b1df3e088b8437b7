//! The arguments of `registan lineage`.

use clap::{Args, ValueEnum};
use facts::date::Day;

use super::ask::day;
use crate::reach::Reach;
use crate::values;

#[derive(Args)]
pub struct Lineage {
    /// The agreement or act: agreements/eu-kz-epca-2015, acts/ndici-2021; without a collection an
    /// agreement.
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,
    /// The day in the world, for example 2018-01-01; without it today. Relations that do not hold
    /// on it are marked.
    #[arg(long, alias = "on", value_name = "DAY", value_parser = day)]
    pub as_of: Option<Day>,
    /// As the record stood at this instant, for example 2026-11-24T12:00:00Z; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = values::instant)]
    pub read_time: Option<String>,
    /// Only what was known on this day, for example 2024-01-12: what rests on sources that had been
    /// published by then.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub known_by: Option<Day>,
    /// The form in which it is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub reach: Reach,
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Each agreement and act with its status and relations.
    Text,
    /// A flowchart of Mermaid, for Markdown.
    Mermaid,
    /// A graph of Graphviz.
    Dot,
}

pub const EXAMPLES: &str = "\
Examples:
  registan lineage eu-kz-epca-2015                          as things stand today
  registan lineage eu-kz-epca-2015 --as-of 2018-01-01       what was in force then, and which relations held
  registan lineage acts/dci-2014 --format mermaid           a picture for Markdown
  registan lineage eu-su-tca-1989 --format dot | dot -Tsvg  a picture by Graphviz

The projects that rest on an act:
  registan ask ListProjects '{\"filter\": \"acts:\\\"acts/aca-2019-041-701\\\"\"}'";

/// A name, or the id of an agreement.
fn name(typed: &str) -> Result<String, String> {
    match typed.trim() {
        "" => Err("a name such as agreements/eu-kz-epca-2015 is wanted".to_owned()),
        name if name.contains('/') => Ok(name.to_owned()),
        id => Ok(format!("agreements/{}", id.to_lowercase())),
    }
}
