//! `registan search`: what has the words of a text, in all services, for a person.

use std::io::Write;

use api::registan::search::v1::{SearchHit, SearchResponse};
use chassis::process::block_on;
use serde_json::json;

use crate::ask::answer;
use crate::ask::call::Client;
use crate::ask::find::asked;
use crate::cli::Search;
use crate::output::unless_closed;

const METHOD: &str = "registan.search.v1.SearchService/Search";

/// Prints the best hits.
pub fn run(arguments: &Search) -> anyhow::Result<()> {
    let fields = json!({
        "query": arguments.query.join(" "),
        "pageSize": arguments.hits,
        "kinds": arguments.kind,
        "readTime": arguments.read_time,
    });
    let (method, request) = asked(METHOD, fields)?;
    block_on(async {
        let mut client = Client::new(arguments.reach.reader()?, &arguments.reach.gateway);
        let answer = client.call(&method, request).await?;
        let mut out = std::io::stdout().lock();
        unless_closed(if arguments.json {
            answer::json(&mut out, &answer)
        } else {
            print(&mut out, &answer.transcode_to()?, arguments).map_err(Into::into)
        })?;
        unless_closed(out.flush().map_err(Into::into))?;
        let hits = answer.get_field_by_name("hits");
        let is_nothing = hits.is_none_or(|hits| hits.as_list().is_none_or(<[_]>::is_empty));
        if is_nothing { arguments.reach.say_nothing_found() } else { Ok(()) }
    })
}

fn print(out: &mut impl Write, found: &SearchResponse, arguments: &Search) -> std::io::Result<()> {
    for hit in &found.hits {
        print_hit(out, hit)?;
    }
    if found.hits.is_empty() {
        writeln!(out, "{}", nothing(arguments))?;
    }
    if !found.next_page_token.is_empty() {
        writeln!(out, "There are more: add words, or ask for more with --hits.")?;
    }
    if found.incomplete {
        writeln!(out, "The words are frequent, and more may match: add a rarer one.")?;
    }
    for service in &found.missing {
        writeln!(out, "{service} did not answer: what it keeps is missing.")?;
    }
    Ok(())
}

/// Says that nothing was found, and what to try.
fn nothing(arguments: &Search) -> String {
    let query = arguments.query.join(" ");
    let is_one = query.split_whitespace().count() == 1;
    let what = if is_one { "has this word" } else { "has all of these words" };
    let kinds = arguments.kind.join(" or ");
    let of = if kinds.is_empty() { String::new() } else { format!(" of the kind {kinds}") };
    let mut tries = Vec::new();
    if !is_one {
        tries.push("fewer words");
    }
    if query.contains('"') {
        tries.push("the words without quotes");
    }
    tries.extend(["another spelling or script", "only the beginning of the last word"]);
    if !kinds.is_empty() {
        tries.push("the same without --kind");
    }
    format!("Nothing{of} {what}. Try {}.", tries.join(", or "))
}

/// Prints the title, the name, and the part that matches, with brackets around the words.
fn print_hit(out: &mut impl Write, hit: &SearchHit) -> std::io::Result<()> {
    writeln!(out, "{}", plain(&hit.title))?;
    let through = match &*hit.through {
        [] => String::new(),
        names => format!(", by the names of {}", names.join(", ")),
    };
    writeln!(out, "  {} ({}, {:.2}){through}", hit.name, hit.kind, hit.score)?;
    let parts = hit
        .snippet
        .iter()
        .map(|part| if part.r#match { format!("[{}]", part.text) } else { part.text.clone() });
    let snippet: String = parts.collect();
    if !snippet.is_empty() {
        writeln!(out, "  {}", plain(&snippet))?;
    }
    Ok(())
}

/// A text on one line, without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use api::registan::search::v1::SnippetPart;
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn typed(words: &[&str]) -> Search {
        let words = ["registan", "search"].iter().chain(words);
        let Command::Search(arguments) = Cli::parse_from(words).command else { panic!("a search") };
        arguments
    }

    #[test]
    fn where_nothing_is_found_it_says_what_to_try() {
        let said = |words: &[&str]| {
            let mut out = Vec::new();
            print(&mut out, &SearchResponse::default(), &typed(words)).unwrap();
            String::from_utf8(out).unwrap()
        };

        assert_eq!(
            said(&["visa", "freedom"]),
            "Nothing has all of these words. Try fewer words, or another spelling or script, or \
             only the beginning of the last word.\n"
        );
        let word = said(&["kazachstan", "--kind", "party"]);
        assert!(word.starts_with("Nothing of the kind party has this word. Try another spelling"));
        assert!(word.ends_with("or the same without --kind.\n"), "{word}");
        assert!(said(&["\"visa freedom\""]).contains("the words without quotes"));
    }

    #[test]
    fn a_hit_is_its_title_its_name_and_what_matches() {
        let part = |text: &str, r#match| SnippetPart { text: text.to_owned(), r#match };
        let hit = SearchHit {
            name: "agreements/a".to_owned(),
            title: "With the\u{1b} Kyrgyz".to_owned(),
            kind: "agreement".to_owned(),
            snippet: vec![part("With the ", false), part("Kyrgyz", true)],
            through: vec!["parties/kg".to_owned()],
            score: 0.5,
        };
        let found = SearchResponse { hits: vec![hit], ..SearchResponse::default() };
        let mut out = Vec::new();
        print(&mut out, &found, &typed(&["Kyrgyz"])).unwrap_or_default();
        assert_eq!(
            String::from_utf8_lossy(&out),
            "With the  Kyrgyz\n  agreements/a (agreement, 0.50), by the names of parties/kg\n  With the [Kyrgyz]\n"
        );
    }
}
