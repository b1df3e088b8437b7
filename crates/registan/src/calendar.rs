//! `registan calendar`: what is due, as a calendar that calendar programs read.

use std::io::Write;

use chassis::process::block_on;
use serde_json::{Map, Value, json};

use crate::about::with_search;
use crate::ask::call::Client;
use crate::ask::find::asked;
use crate::cli::Calendar;
use crate::output::unless_closed;
use crate::values::date;

const METHOD: &str = "registan.agreements.v1.ObligationService/GetDueCalendar";
const PARTY: &str = "registan.agreements.v1.PartyService/GetParty";

pub fn run(arguments: &Calendar) -> anyhow::Result<()> {
    let (method, request) = asked(METHOD, request(arguments))?;
    block_on(async {
        let mut client = Client::new(arguments.reach.reader()?, &arguments.reach.gateway);
        if let Some(party) = &arguments.party {
            exists(&mut client, party, arguments.read_time.as_deref()).await?;
        }
        let answer = client.call(&method, request).await?;
        let content = answer.get_field_by_name("content");
        let content = content.as_ref().and_then(|content| content.as_str()).unwrap_or_default();
        let mut out = std::io::stdout().lock();
        unless_closed(out.write_all(content.as_bytes()).map_err(Into::into))?;
        unless_closed(out.flush().map_err(Into::into))?;
        Ok(())
    })
}

/// Refuses a party that is not recorded: its calendar would be empty.
async fn exists(
    client: &mut Client<'_>,
    party: &str,
    read_time: Option<&str>,
) -> anyhow::Result<()> {
    let (method, request) = asked(PARTY, json!({ "name": party, "readTime": read_time }))?;
    let found = client.call(&method, request).await;
    found.map_err(|error| with_search(error, party)).map(drop)
}

fn request(arguments: &Calendar) -> Value {
    let party = arguments.party.as_ref().map(|party| format!("parties:\"{party}\""));
    let filter = arguments.filter.as_ref().map(|filter| format!("({filter})"));
    let both: Vec<String> = party.into_iter().chain(filter).collect();
    let mut fields = Map::new();
    fields.insert("filter".to_owned(), json!(both.join(" AND ")));
    fields.insert("readTime".to_owned(), json!(arguments.read_time));
    for (field, day) in [("from", arguments.from), ("to", arguments.to)] {
        fields.extend(day.map(|day| (field.to_owned(), date(day))));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::request;
    use crate::cli::{Cli, Command};

    #[test]
    fn the_party_and_the_filter_both_restrict() {
        let typed = ["registan", "calendar", "--party", "kz", "--filter", "kind = REPORT"];
        let Command::Calendar(arguments) = Cli::parse_from(typed).command else { panic!() };

        let request = request(&arguments);

        assert_eq!(request["filter"], json!("parties:\"parties/kz\" AND (kind = REPORT)"));
        assert!(request.get("from").is_none(), "{request}");
    }
}
