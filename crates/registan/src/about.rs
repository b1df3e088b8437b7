//! `registan brief` and `registan law`: what stands between the European Union and a party, for a
//! person.

use std::io::Write;

use chassis::process::block_on;
use serde_json::{Map, json};
use tonic::Code;

use crate::ask::answer;
use crate::ask::call::Client;
use crate::ask::find::asked;
use crate::cli::About;
use crate::output::unless_closed;
use crate::refused::Refused;
use crate::values::date;

/// The reason of a name that nothing can have, such as one in another script.
const NAME_INVALID: &str = "NAME_INVALID";

/// The parts that a brief has not, and how each is asked, with `{}` for the id of the party.
const BESIDE: [(&str, &str); 5] = [
    ("trade preferences", r#"ListBeneficiaries '{"party": "parties/{}"}'"#),
    ("duties that are overdue", r#"ListOverdue '{"filter": "parties:\"parties/{}\""}'"#),
    ("meetings and dialogues", r#"ListMeetings '{"filter": "parties:\"parties/{}\""}'"#),
    (
        "conventions that it is party to",
        r#"ListAgreements '{"filter": "participations:\"parties/{} party\""}'"#,
    ),
    (
        "documents of Parliament about it",
        r#"ListSources '{"filter": "kind = PARLIAMENT_DOCUMENT AND parties:\"parties/{}\""}'"#,
    ),
];

pub fn brief(arguments: &About) -> anyhow::Result<()> {
    run(arguments, "registan.partnership.v1.PartnershipService/GetBrief", beside)
}

pub fn law(arguments: &About) -> anyhow::Result<()> {
    run(arguments, "registan.agreements.v1.AgreementService/GetLegalBasis", |_, _| Ok(()))
}

/// Says what a brief has not: who relies on it must not take that for nothing.
fn beside(out: &mut dyn Write, party: &str) -> std::io::Result<()> {
    writeln!(out, "\nNot in a brief")?;
    let id = party.trim_start_matches("parties/");
    for (what, ask) in BESIDE {
        writeln!(out, "  {what}: registan ask {}", ask.replace("{}", id))?;
    }
    Ok(())
}

fn run(
    arguments: &About,
    method: &str,
    end: impl Fn(&mut dyn Write, &str) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let mut fields = Map::new();
    fields.insert("party".to_owned(), json!(arguments.party));
    fields.insert("readTime".to_owned(), json!(arguments.read_time));
    for (field, day) in [("asOf", arguments.on), ("knownBy", arguments.known_by)] {
        if let Some(day) = day {
            fields.insert(field.to_owned(), date(day));
        }
    }
    let (method, request) = asked(method, serde_json::Value::Object(fields))?;
    block_on(async {
        let mut client = Client::new(arguments.reach.reader()?, &arguments.reach.gateway);
        let answer = client.call(&method, request).await;
        let answer = answer.map_err(|error| with_search(error, &arguments.party))?;
        let mut out = std::io::stdout().lock();
        unless_closed(if arguments.json {
            answer::json(&mut out, &answer)
        } else {
            answer::sections(&mut out, &answer).and_then(|()| Ok(end(&mut out, &arguments.party)?))
        })?;
        unless_closed(out.flush().map_err(Into::into))?;
        Ok(())
    })
}

/// Returns an error with how to find a party that does not exist, or cannot be the name of one.
pub fn with_search(error: anyhow::Error, party: &str) -> anyhow::Error {
    let is_unknown = |refused: &Refused| {
        refused.code == Code::NotFound || refused.reason.as_deref() == Some(NAME_INVALID)
    };
    if !error.downcast_ref().is_some_and(is_unknown) {
        return error;
    }
    let words = party.trim_start_matches("parties/").replace('-', " ");
    anyhow::anyhow!("{error}: find its name with `registan search {words} --kind party`")
}
