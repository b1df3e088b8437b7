//! The arguments of `registan token`.

use std::path::PathBuf;

use chassis::auth::development::MOST_HOURS;
use clap::Args;
use facts::vocabulary::Vocabulary;
use policy::{Role, Tier};

#[derive(Args)]
#[command(after_help = TOKEN_EXAMPLES)]
pub struct Token {
    /// The roles of its holder: partner, analyst, monitor, editor, publisher, custodian, auditor or
    /// operator. May be said more than once.
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role)]
    pub roles: Vec<Role>,
    /// For which desk: kz, kg, tj, tm, uz, reg, or all; with --desks those of the file. May be said
    /// more than once.
    #[arg(long = "desk", required = true, value_name = "DESK")]
    pub given: Vec<String>,
    /// Up to which tier: public, restricted or confidential. Secret is granted for single
    /// resources, by the record alone.
    #[arg(long, default_value = "restricted", value_name = "TIER", value_parser = tier)]
    pub tier: Tier,
    /// The subject of its holder; the log records it as development#NAME
    #[arg(long, default_value = "somebody", value_name = "NAME")]
    pub subject: String,
    /// How long it holds, in hours.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_HOURS)))]
    pub hours: u32,
    /// The data folder of the suite; the key is made there if the suite has none yet.
    #[arg(long, env = "REGISTAN_DATA_DIR", default_value = "registan-data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// The file with the desks of the suite, where it has other ones than those that are built in.
    #[arg(long, env = "REGISTAN_DESKS", value_name = "FILE")]
    pub desks: Option<PathBuf>,
    /// Makes the folder and a key also where no suite keeps its data: for one whose databases are
    /// elsewhere.
    #[arg(long)]
    pub new_key: bool,
}

const TOKEN_EXAMPLES: &str = "\
Examples:
  TOKEN=$(registan token --role editor --desk kz)
  grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" -d '…' 127.0.0.1:8080 registan.agreements.v1.AgreementService/CreateAgreement

  registan token --role editor --role monitor --desk all         writes law, money and rights, of every desk
  registan token --role analyst --desk uz --tier confidential    reads, of Uzbekistan, also what is confidential
  REGISTAN_TOKEN=$(registan token --role editor --desk kg) registan import iati FILE.xml

Anywhere but on loopback a suite takes the tokens of the OIDC issuer in its settings, and the record says what they may do.";

fn role(word: &str) -> Result<Role, String> {
    known(word, Role::ALL)
}

fn tier(word: &str) -> Result<Tier, String> {
    known(word, &[Tier::Public, Tier::Restricted, Tier::Confidential])
}

fn known<V: Vocabulary>(word: &str, all: &[V]) -> Result<V, String> {
    let found = all.iter().find(|item| item.word().eq_ignore_ascii_case(word));
    found.copied().ok_or_else(|| format!("known are {}", words(all)))
}

fn words<V: Vocabulary>(all: &[V]) -> String {
    all.iter().map(|item| item.word().to_lowercase()).collect::<Vec<_>>().join(", ")
}
