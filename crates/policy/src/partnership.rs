//! The partnership that this process serves: its desks, and the parties at each of them. Data, read
//! from a file.
//!
//! It is constant for the life of a process, and all decisions read it: [`Partnership::install`]
//! before anything else does, or the one that is built in is used.

use std::sync::{LazyLock, OnceLock};

use facts::check::is_id;
use serde::Deserialize;

use crate::Desks;

/// The desks of the partnership of the European Union and Central Asia.
const BUILT_IN: &str = include_str!("../data/desks.json");
/// The highest number of a desk.
const MAX_NUMBER: u8 = 62;

static CURRENT: OnceLock<Partnership> = OnceLock::new();

/// A desk: who keeps the record of some parties.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// The last part of its name, and its word in tokens: `kz`.
    pub id: String,
    /// Its bit in a [`Desks`]: 1 to 62. Of one desk for ever.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// The names of the parties at it, `parties/kz`.
    #[serde(default)]
    pub parties: Vec<String>,
    /// True for the desk of what concerns several others.
    #[serde(default)]
    pub region: bool,
    /// `desks/kz`.
    #[serde(skip)]
    name: String,
}

impl Desk {
    /// Its name, `desks/kz`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The set of it alone.
    pub const fn alone(&self) -> Desks {
        Desks::numbered(self.number)
    }
}

/// A partnership, by its desks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partnership {
    /// In the order of their numbers.
    desks: Vec<Desk>,
    /// Every desk.
    all: Desks,
    region: Desks,
    /// The id of each party at a desk, sorted, with its desk.
    parties: Vec<(String, Desks)>,
}

/// A file of desks that cannot be used: where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

/// A partnership after another one was installed, or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this process has other desks already")]
pub struct Installed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "title", default)]
    _title: String,
    desks: Vec<Desk>,
}

impl Partnership {
    /// Returns the one that this process serves.
    pub fn current() -> &'static Self {
        CURRENT.get_or_init(|| Self::built_in().clone())
    }

    /// Returns the one that is built in.
    pub fn built_in() -> &'static Self {
        static BUILT: LazyLock<Partnership> = LazyLock::new(|| {
            // A test holds it.
            Partnership::parse(BUILT_IN).unwrap_or_else(|error| unreachable!("{error}"))
        });
        &BUILT
    }

    /// Makes it the one that this process serves. The same one may be installed again.
    pub fn install(self) -> Result<(), Installed> {
        let current = CURRENT.get_or_init(|| self.clone());
        if *current == self { Ok(()) } else { Err(Installed) }
    }

    /// Reads the text of a file, JSON, and checks it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| Invalid(format!("not a file of desks: {error}")))?;
        let mut desks = file.desks;
        if desks.is_empty() {
            return Err(Invalid("`desks` is empty: give at least one desk".to_owned()));
        }
        check(&desks)?;
        desks.sort_by_key(|desk| desk.number);
        for desk in &mut desks {
            desk.name = format!("desks/{}", desk.id);
        }
        let set = |wanted: fn(&&Desk) -> bool| {
            desks.iter().filter(wanted).map(Desk::alone).fold(Desks::NONE, Desks::and)
        };
        let (all, region) = (set(|_| true), set(|desk| desk.region));
        let of_desk = |desk: &Desk| {
            let ids = desk.parties.iter().filter_map(|party| party.strip_prefix("parties/"));
            ids.map(|id| (id.to_owned(), desk.alone())).collect::<Vec<_>>()
        };
        let mut parties: Vec<_> = desks.iter().flat_map(of_desk).collect();
        parties.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Self { desks, all, region, parties })
    }

    /// Returns its desks, in the order of their numbers.
    pub fn desks(&self) -> &[Desk] {
        &self.desks
    }

    /// Returns the set of all its desks.
    pub const fn all(&self) -> Desks {
        self.all
    }

    /// Returns the set of the desk of the region; the empty one if it has none.
    pub const fn region(&self) -> Desks {
        self.region
    }

    /// Returns the desk of a name, `desks/kz`.
    pub fn desk(&self, name: &str) -> Option<&Desk> {
        let id = name.strip_prefix("desks/")?;
        self.desks.iter().find(|desk| desk.id == id)
    }

    /// Returns the desk of a party by its id, in either case: the id of a state is its country
    /// code.
    pub(crate) fn desk_of(&self, id: &str) -> Desks {
        let lower = || id.bytes().map(|byte| byte.to_ascii_lowercase());
        let found = self.parties.binary_search_by(|(party, _)| party.bytes().cmp(lower()));
        found.map_or(Desks::NONE, |place| self.parties[place].1)
    }
}

/// Checks desks one by one, and against those before.
fn check(desks: &[Desk]) -> Result<(), Invalid> {
    for (place, desk) in desks.iter().enumerate() {
        let before = &desks[..place];
        let fail = |field: &str, problem: String| {
            Err(Invalid(format!("desks[{place}].{field}: {problem}")))
        };
        if !is_id(&desk.id) || desk.id == "all" {
            let problem = "is not an id such as `kz`: lower case letters, digits and hyphens, at most 63, and not `all`";
            return fail("id", format!("`{}` {problem}", desk.id));
        }
        if before.iter().any(|other| other.id == desk.id) {
            return fail("id", format!("`{}` is there twice: give each desk its own", desk.id));
        }
        if !(1..=MAX_NUMBER).contains(&desk.number) {
            let problem = format!("{} is not between 1 and {MAX_NUMBER}", desk.number);
            return fail("number", format!("{problem}: give one that no desk ever had"));
        }
        if let Some(other) = before.iter().find(|other| other.number == desk.number) {
            let problem = format!("{} is the number of `{}`", desk.number, other.id);
            return fail("number", format!("{problem}: give one that no desk ever had"));
        }
        if desk.title.trim().is_empty() {
            return fail("title", "is empty: say what the desk is called".to_owned());
        }
        if desk.region
            && let Some(other) = before.iter().find(|other| other.region)
        {
            let problem = format!("`{}` is the desk of the region already", other.id);
            return fail("region", format!("{problem}: leave it out here or there"));
        }
        check_parties(desk, before)
            .or_else(|(place, problem)| fail(&format!("parties[{place}]"), problem))?;
    }
    Ok(())
}

/// Checks that each party is a party, and at this desk alone.
fn check_parties(desk: &Desk, before: &[Desk]) -> Result<(), (usize, String)> {
    for (place, party) in desk.parties.iter().enumerate() {
        if !party.strip_prefix("parties/").is_some_and(is_id) {
            return Err((
                place,
                format!("`{party}` is not the name of a party such as `parties/kz`"),
            ));
        }
        if desk.parties[..place].contains(party) {
            return Err((place, format!("`{party}` is there twice: leave one out")));
        }
        if let Some(other) = before.iter().find(|other| other.parties.contains(party)) {
            let problem = format!("`{party}` is at the desk `{}` already", other.id);
            return Err((place, format!("{problem}: a party is at one desk")));
        }
    }
    Ok(())
}
