//! Where each activity of a batch goes, as far as the caller may see.

use std::collections::{BTreeMap, HashMap, HashSet};

use chassis::caller::current;
use chronicle::{Resource, Stored};
use facts::wire::MOST_ITEMS;
use formats::Severity;
use standard::Step;
use standard::access::Around;

use super::merge::merge;
use super::notes::finding;
use super::read::{MOST_PROJECT, Prepared};
use super::report::Outcome;
use crate::domain::Project;

/// Where an activity goes: to a recorded project, or to a new one.
pub struct Target<'a> {
    pub prepared: &'a Prepared,
    pub recorded: Option<&'a Stored<Project>>,
    /// The new value of the project: of a recorded one absent where the file says nothing new, of a new one where it is as
    /// the file has it.
    pub becomes: Option<Project>,
}

impl Target<'_> {
    /// The name of the project.
    pub fn name(&self) -> &str {
        self.recorded.map_or(&self.prepared.project.name, |stored| &stored.value.name)
    }

    /// The project as it will stand.
    pub fn value(&self) -> &Project {
        let before = self.recorded.map_or(&self.prepared.project, |stored| &stored.value);
        self.becomes.as_ref().unwrap_or(before)
    }

    /// Returns the write of the project, if there is one.
    pub fn step(&self) -> Option<Step<'_, Project>> {
        match (self.recorded, &self.becomes) {
            (None, _) => Some(Step::Create(self.value())),
            (Some(recorded), Some(becomes)) => Some(Step::Update(recorded, becomes)),
            (Some(_), None) => None,
        }
    }

    /// The names its transactions have there.
    pub fn transaction_names(&self) -> Vec<String> {
        let ids = self.prepared.transactions.iter().filter_map(|it| it.name.rsplit('/').next());
        ids.map(|id| format!("{}/transactions/{id}", self.name())).collect()
    }

    /// Returns the parent of its transactions.
    pub fn around(&self) -> Around {
        Around::of(self.recorded.map_or(&self.prepared.project, |stored| &stored.value))
    }
}

/// The target of each activity that can be recorded; each other one is refused, with a finding. `stored` is all that has one of the
/// names or identifiers of the batch. What the caller may not see does not exist for it; a name that it holds is taken,
/// no more is said.
pub fn targets<'a>(
    batch: &'a [Prepared],
    stored: &'a [Stored<Project>],
    now: i64,
    outcome: &mut Outcome,
) -> Vec<Target<'a>> {
    let known = Known::of(stored);
    let mut taken: HashSet<String> = HashSet::new();
    let mut targets = Vec::with_capacity(batch.len());
    for prepared in batch {
        let project = &prepared.project;
        let about = |(rule, message): (&'static str, String)| {
            finding(Severity::Error, rule, prepared.line, &project.iati_identifier, message)
        };
        let target = match known.target(prepared) {
            Ok(target) => target,
            Err(refusal) => {
                outcome.refuse(prepared, about(refusal));
                continue;
            }
        };
        if let Some(refusal) = refusal(&target, now) {
            outcome.refuse(prepared, about(refusal));
        } else if taken.insert(target.name().to_owned()) {
            targets.push(target);
        } else {
            let taken = another(target.name(), "another activity of this file");
            outcome.refuse(prepared, about(taken));
        }
    }
    targets
}

type Refusal = (&'static str, String);

fn another(name: &str, what: &str) -> Refusal {
    ("name-taken", format!("{name} is {what}; this one was skipped"))
}

/// The recorded project, as far as the caller may see it.
struct Known<'a> {
    by_name: HashMap<&'a str, &'a Stored<Project>>,
    by_identifier: HashMap<&'a str, &'a Stored<Project>>,
    /// The names of what they may not see.
    hidden: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(stored: &'a [Stored<Project>]) -> Self {
        let asking = current();
        let (seen, hidden): (Vec<_>, Vec<_>) = stored
            .iter()
            .partition(|it| asking.sight.sees(it.value.tier(), it.value.desks(), &it.value.name));
        // In the order of names, so that of several with one identifier the same is chosen each time.
        let standing = seen.iter().filter(|it| !it.deleted);
        let standing: BTreeMap<&str, _> =
            standing.map(|it| (it.value.name.as_str(), *it)).collect();
        let mut by_identifier: HashMap<&str, &Stored<Project>> = HashMap::new();
        for it in standing.values() {
            by_identifier.entry(&it.value.iati_identifier).or_insert(it);
        }
        let by_name = seen.iter().map(|it| (it.value.name.as_str(), *it)).collect();
        let hidden = hidden.iter().map(|it| it.value.name.as_str()).collect();
        Self { by_name, by_identifier, hidden }
    }

    /// The project that has the identifier of an activity, be it of an import or not, else a new one.
    fn target(&self, prepared: &'a Prepared) -> Result<Target<'a>, Refusal> {
        let project = &prepared.project;
        let identifier = project.iati_identifier.as_str();
        let named = self.by_name.get(project.name.as_str()).copied();
        let own = named.filter(|it| it.value.iati_identifier == identifier && !it.deleted);
        let recorded = own.or_else(|| self.by_identifier.get(identifier).copied()).or(named);
        let Some(recorded) = recorded else {
            if self.hidden.contains(project.name.as_str()) {
                return Err(another(&project.name, "another activity"));
            }
            return Ok(Target { prepared, recorded: None, becomes: None });
        };
        let name = &recorded.value.name;
        if recorded.deleted {
            let message =
                format!("{name} was deleted; the activity was skipped, so that it stays deleted");
            return Err(("project-deleted", message));
        }
        let other = &recorded.value.iati_identifier;
        if !other.is_empty() && other != identifier {
            return Err(another(name, "another activity"));
        }
        let merged = merge(&recorded.value, project);
        // The same facts from a file of another name are no news.
        let source = recorded.value.source.clone();
        let news = (Project { source, ..merged.clone() }) != recorded.value;
        Ok(Target { prepared, recorded: Some(recorded), becomes: news.then_some(merged) })
    }
}

/// Why an activity cannot be recorded as this project: the caller may not write it, or what it becomes is
/// more than a project may hold.
/// A project that stays as it is must be writable too, for its transactions.
fn refusal(target: &Target<'_>, now: i64) -> Option<Refusal> {
    let step = target.step().or_else(|| target.recorded.map(|it| Step::Update(it, &it.value)))?;
    if step.check(None, now).is_err() {
        let message = "your grants do not cover the desks of this activity; it was skipped";
        return Some(("not-granted", message.to_owned()));
    }
    let merged = target.becomes.as_ref()?;
    let size = serde_json::to_vec(merged).map_or(usize::MAX, |document| document.len());
    let fits = merged.external_ids.len() <= MOST_ITEMS && size <= MOST_PROJECT;
    let message = "with what is recorded already the project is too large; it was skipped";
    (!fits).then(|| ("activity-too-large", message.to_owned()))
}
