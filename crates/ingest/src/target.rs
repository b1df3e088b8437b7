//! Where each record of a batch goes, as far as the caller may see.

use std::collections::{BTreeMap, HashMap, HashSet};

use chassis::caller::current;
use chronicle::{Resource, Stored};
use formats::{Finding, Severity};
use policy::Tier;
use standard::Step;

use crate::importer::{Importer, Names, Prepared, Refusal, Target};
use crate::notes::finding;
use crate::report::Outcome;
use crate::write::{MAX_BYTES, size};

/// Returns the parents of a batch that everybody may see.
pub fn names<I: Importer>(targets: &[Target<'_, I>]) -> Names {
    let public = targets.iter().filter(|target| target.value().tier() == Tier::Public);
    public.map(|it| (it.prepared.identifier().to_owned(), it.name().to_owned())).collect()
}

/// Returns the target of each record that can be recorded; each other one is refused, with a
/// finding. `stored` is all that has one of the names or identifiers of the batch. What the caller
/// may not see is not there for them; a name that it holds is taken, no more is said. A recorded
/// parent stays as it is where the batch does not say all of it (`is_whole`).
pub fn targets<'a, I: Importer>(
    batch: &'a [Prepared<I>],
    stored: &'a [Stored<I::Parent>],
    (now, is_whole): (i64, bool),
    outcome: &mut Outcome,
) -> Vec<Target<'a, I>> {
    let known = Known::<I>::of(stored);
    let mut taken: HashSet<String> = HashSet::new();
    let mut targets = Vec::with_capacity(batch.len());
    for prepared in batch {
        let target = known.target(prepared).and_then(|target| match refusal(&target, now) {
            Some(refusal) => Err(refusal),
            None if taken.insert(target.name().to_owned()) => Ok(target),
            None => Err(another::<I>(target.name(), " of this file")),
        });
        match target {
            // A part is judged by what it would make of its parent, before anything of it is
            // recorded.
            Ok(target) if !is_whole => targets.push(Target { becomes: None, ..target }),
            Ok(target) => targets.push(target),
            Err((rule, message)) => outcome.refuse(prepared, prepared.error(rule, message)),
        }
    }
    targets
}

fn another<I: Importer>(name: &str, place: &str) -> Refusal {
    let record = I::WORDS.record;
    ("name-taken", format!("{name} is another {record}{place}; this one was skipped"))
}

/// The recorded parents, as far as the caller may see.
struct Known<'a, I: Importer> {
    by_name: HashMap<&'a str, &'a Stored<I::Parent>>,
    by_identifier: HashMap<&'a str, &'a Stored<I::Parent>>,
    /// The names of the parents that the caller may not see.
    hidden: HashSet<&'a str>,
}

impl<'a, I: Importer> Known<'a, I> {
    fn of(stored: &'a [Stored<I::Parent>]) -> Self {
        let context = current();
        let (seen, hidden): (Vec<_>, Vec<_>) = stored.iter().partition(|it| {
            context.clearance.sees(it.value.tier(), it.value.desks(), it.value.name())
        });
        // In the order of names: of several with one identifier the same is chosen each time.
        let standing = seen.iter().filter(|it| !it.deleted);
        let standing: BTreeMap<&str, _> = standing.map(|it| (it.value.name(), *it)).collect();
        let mut by_identifier: HashMap<&str, &Stored<I::Parent>> = HashMap::new();
        for it in standing.values() {
            by_identifier.entry(I::identifier(&it.value)).or_insert(it);
        }
        let by_name = seen.iter().map(|it| (it.value.name(), *it)).collect();
        let hidden = hidden.iter().map(|it| it.value.name()).collect();
        Self { by_name, by_identifier, hidden }
    }

    /// Returns the parent that has the identifier of a record, be it of an import or not, else a
    /// new one.
    fn target(&self, prepared: &'a Prepared<I>) -> Result<Target<'a, I>, Refusal> {
        let (name, identifier) = (prepared.parent.name(), prepared.identifier());
        let named = self.by_name.get(name).copied();
        let own = named.filter(|it| I::identifier(&it.value) == identifier && !it.deleted);
        let recorded = own.or_else(|| self.by_identifier.get(identifier).copied()).or(named);
        let Some(recorded) = recorded else {
            if !I::CREATES {
                let (kind, record) = (I::Parent::KIND, I::WORDS.record);
                let message =
                    format!("the {kind} {name} is not recorded; the {record} was skipped");
                return Err(("not-recorded", message));
            }
            if self.hidden.contains(name) {
                return Err(another::<I>(name, ""));
            }
            return Ok(Target { prepared, recorded: None, becomes: None });
        };
        let (name, words) = (recorded.value.name(), I::WORDS);
        if recorded.deleted {
            let record = words.record;
            let message =
                format!("{name} was deleted; the {record} was skipped, so that it stays deleted");
            return Err((words.parent_deleted, message));
        }
        let other = I::identifier(&recorded.value);
        if !other.is_empty() && other != identifier {
            return Err(another::<I>(name, ""));
        }
        if let Some(refusal) = I::stays(&recorded.value, &prepared.parent) {
            return Err(refusal);
        }
        let becomes = I::merge(&recorded.value, &prepared.parent);
        Ok(Target { prepared, recorded: Some(recorded), becomes })
    }
}

/// Returns a finding for each record that perhaps should not change what is recorded.
pub fn doubted<I: Importer>(targets: &[Target<'_, I>]) -> Vec<Finding> {
    let finding = |target: &Target<'_, I>| {
        let (rule, message) = I::doubt(&target.recorded?.value, &target.prepared.parent)?;
        Some(target.prepared.warning(rule, message))
    };
    targets.iter().filter_map(finding).collect()
}

/// Returns a finding for each record that had another identifier before, under which another parent
/// stands, recorded or of this batch: sums count both.
pub fn renamed<I: Importer>(
    targets: &[Target<'_, I>],
    stored: &[Stored<I::Parent>],
) -> Vec<Finding> {
    let known = Known::<I>::of(stored);
    let recorded =
        known.by_identifier.iter().map(|(identifier, it)| (*identifier, it.value.name()));
    let here = targets.iter().map(|it| (it.prepared.identifier(), it.name()));
    let standing: HashMap<&str, &str> = recorded.chain(here).collect();
    let finding = |target: &Target<'_, I>| {
        let prepared = target.prepared;
        let other = |it: &&str| standing.get(it).is_some_and(|name| *name != target.name());
        let former = I::former(&prepared.parent).into_iter().find(other)?;
        let (record, name) = (I::WORDS.record, standing[former]);
        let message = format!(
            "the {record} was {former} before, which stands as {name}: sums count both; delete that \
             one, or give it the new identifier before an import"
        );
        let (line, identifier) = (prepared.line, prepared.identifier());
        Some(finding(Severity::Warning, "identifier-changed", line, identifier, message))
    };
    targets.iter().filter_map(finding).collect()
}

/// Returns why a record cannot be recorded as this parent: the caller may not write it, or what it
/// becomes is more than a parent may hold. A parent that stays as it is must be writable too, for
/// its children.
fn refusal<I: Importer>(target: &Target<'_, I>, now: i64) -> Option<Refusal> {
    let words = I::WORDS;
    let step = target.step().or_else(|| target.recorded.map(|it| Step::Update(it, &it.value)))?;
    if step.check(None, now).is_err() {
        let record = words.record;
        let message =
            format!("your grants do not cover the desks of this {record}; it was skipped");
        return Some(("not-granted", message));
    }
    let merged = target.becomes.as_ref()?;
    let fits = I::fits(merged) && size(merged) <= MAX_BYTES;
    let kind = I::Parent::KIND;
    let message = format!("with what is recorded already the {kind} is too large; it was skipped");
    (!fits).then_some((words.record_too_large, message))
}
