//! The arguments of the commands that ask a running suite.

use clap::Args;
use facts::date::Day;

use crate::reach::Reach;
use crate::values;

#[derive(Args)]
pub struct About {
    /// The party: kz, kg, tj, tm, uz, or a name such as parties/kz.
    #[arg(value_name = "PARTY", value_parser = party)]
    pub party: String,
    /// The day in the world, for example 2024-01-17; without it today.
    #[arg(long, alias = "as-of", value_name = "DAY", value_parser = day)]
    pub on: Option<Day>,
    /// As the record stood at this instant, for example 2026-11-24T12:00:00Z; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = values::instant)]
    pub read_time: Option<String>,
    /// Only what was known on this day, for example 2024-01-12: what rests on sources that had been
    /// published by then.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub known_by: Option<Day>,
    /// Prints the whole answer as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

pub const BRIEF_EXAMPLES: &str = "\
Examples:
  registan brief kz                               as things stand today
  registan brief tm --on 2025-12-31               as they stood on a day in the world
  registan brief uz --read-time 2026-11-24T12:00:00Z    as the record said then, whatever was learnt since
  registan brief kg --known-by 2024-01-12         what was known on a day, whatever was published since
  registan brief kg --json                        the whole answer: PartnershipService/GetBrief

What is not public is shown to the holder of a token: --token-file, or the variable REGISTAN_TOKEN.";

pub const LAW_EXAMPLES: &str = "\
Examples:
  registan law kz                      the law with Kazakhstan today
  registan law kz --on 2016-06-01      on another day: some agreements were not yet in force, others not yet ended
  registan law kz --json               the whole answer: AgreementService/GetLegalBasis

More about one agreement:
  registan ask GetAgreement '{\"name\": \"agreements/eu-kz-epca-2015\"}'";

#[derive(Args)]
#[command(after_help = SEARCH_EXAMPLES)]
pub struct Search {
    /// The words. What stands in quotes of its own must stand so in one text.
    #[arg(value_name = "TEXT", required = true)]
    pub query: Vec<String>,
    /// Only this kind, for example agreement; more than once for several.
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,
    /// How many hits at most.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub hits: u8,
    /// As the record stood at this instant, for example 2026-11-24T12:00:00Z; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = values::instant)]
    pub read_time: Option<String>,
    /// Prints the whole answer as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

const SEARCH_EXAMPLES: &str = "\
Examples:
  registan search kirghiz                         by any name of a party
  registan search Кыргызстан                      in any script
  registan search '\"Kyrgyz Republic\" trade'      a phrase and a word
  registan search '22009A1229(01)'                an identifier, in any spelling
  registan search partnership coop --kind agreement
                                                  the beginning of the last word";

#[derive(Args)]
#[command(after_help = ASK_EXAMPLES)]
pub struct Ask {
    /// The method: `AgreementService/GetAgreement`, or `GetAgreement` where only one service has
    /// it. The name of a service lists its methods; without one, all are listed.
    #[arg(value_name = "SERVICE/METHOD")]
    pub method: Option<String>,
    /// The request, as JSON; fields may be written as the contract has them (`page_size`) or as
    /// JSON has them (`pageSize`).
    #[arg(value_name = "JSON", default_value = "{}")]
    pub request: String,
    /// Explains the method, its request and its answer instead of calling it; or the message of
    /// that name.
    #[arg(long)]
    pub explain: bool,
    /// Prints lists as JSON too.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

const ASK_EXAMPLES: &str = "\
Examples:
  registan ask                                    every service and method, with what it does
  registan ask AgreementService                   the methods of one service
  registan ask ListAgreements --explain           what can be asked, field by field
  registan ask PartialDate --explain              what a message holds that stands in others
  registan ask GetParty '{\"name\": \"parties/kz\"}'
  registan ask ListAgreements '{\"filter\": \"kind = PROTOCOL\", \"order_by\": \"title\"}'
  registan ask SumTransactions '{\"group_by\": [\"DIMENSION_RECIPIENT\"]}'
  registan ask WatchParties                       a stream: one JSON object a line, until you end it

A list is printed as a table; one resource, an export, a watch, and everything with --json as JSON. A call that writes needs a token: given
none, the command signs one with the key in the data folder of a suite on this machine.";

#[derive(Args)]
pub struct Calendar {
    /// The party that the duties concern: kz, kg, tj, tm, uz, or a name; without it all.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    pub party: Option<String>,
    /// Which of them, for example 'kind = REPORT'; without it all.
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// The first day; without it today.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub from: Option<Day>,
    /// The last day; without it a year after the first.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub to: Option<Day>,
    /// As the record stood at this instant, for example 2026-11-24T12:00:00Z; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = values::instant)]
    pub read_time: Option<String>,
    #[command(flatten)]
    pub reach: Reach,
}

pub const CALENDAR_EXAMPLES: &str = "\
Examples:
  registan calendar --party kz > due.ics                      what is due within a year
  registan calendar --from 2024-01-01 --to 2024-12-31         of all parties, in a year
  registan calendar --party uz --filter 'kind = REPORT'       reports alone

As a list instead:
  registan ask ListDue '{\"filter\": \"parties:\\\"parties/kz\\\"\"}'";

/// A party by its short id, or by its name.
fn party(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("kz, kg, tj, tm and uz are known".to_owned());
    }
    if typed.contains('/') {
        return Ok(typed.to_owned());
    }
    Ok(format!("parties/{}", typed.to_lowercase()))
}

pub(super) fn day(typed: &str) -> Result<Day, String> {
    values::day(typed).ok_or_else(|| "this is not a day like 2024-01-17".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_an_id_or_a_name() {
        assert_eq!(party("kz").unwrap(), "parties/kz");
        assert_eq!(party(" KZ ").unwrap(), "parties/kz");
        assert_eq!(party("parties/reg").unwrap(), "parties/reg");
        assert!(party("").is_err());
    }
}
