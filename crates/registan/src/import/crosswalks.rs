//! Codes of crosswalks that their frameworks do not have.

use std::collections::{HashMap, HashSet};

use api::registan::agreements::v1::{Crosswalk, Framework};
use reference::{Loaded, Problem};

/// Returns the codes of crosswalks that are no priority of the framework that they name: neither
/// its code nor its id. The frameworks may also be among the records `beside` them.
pub fn unknown(loaded: &Loaded, beside: Option<&Loaded>) -> Vec<Problem> {
    let mut codes: HashMap<String, HashSet<String>> = HashMap::new();
    for (collection, record) in beside.into_iter().flat_map(Loaded::all).chain(loaded.all()) {
        if collection.message != "registan.agreements.v1.Framework" {
            continue;
        }
        let Ok(framework) = record.resource.transcode_to::<Framework>() else { continue };
        let both = framework.priorities.into_iter().flat_map(|one| [one.code, one.priority_id]);
        codes.insert(collection.name_of(record), both.collect());
    }
    let mut problems = Vec::new();
    for (collection, record) in loaded.all() {
        if collection.message != "registan.agreements.v1.Crosswalk" {
            continue;
        }
        let Ok(crosswalk) = record.resource.transcode_to::<Crosswalk>() else { continue };
        let (from, to) = (&crosswalk.from_framework, &crosswalk.to_framework);
        for (place, mapping) in crosswalk.mappings.iter().enumerate() {
            for (field, framework, code) in
                [("from_code", from, &mapping.from_code), ("to_code", to, &mapping.to_code)]
            {
                // Of a framework that does not exist its reference is a problem already.
                let Some(known) = codes.get(framework) else { continue };
                if known.contains(code) {
                    continue;
                }
                let field = format!("mappings[{place}].{field}");
                let message = format!("`{code}` is no priority of {framework}");
                problems.push(record.problem(&collection.name_of(record), &field, message));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use reference::{Data, File, load};

    use super::*;

    #[test]
    fn a_code_that_its_framework_does_not_have_is_found_with_its_line() {
        let text = r#"[
 {
  "id": "draft",
  "resource": {
   "title": "A draft",
   "fromTaxonomy": "EU-CA-STRATEGY", "fromVersion": "2019",
   "fromFramework": "frameworks/ca-strategy-2019",
   "toTaxonomy": "DAC", "toVersion": "1",
   "mappings": [
    {"fromCode": "R2", "toCode": "15110"},
    {"fromCode": "R99", "toCode": "15110"}
   ],
   "source": {"citation": "a paper"}
  }
 }
]"#;
        let file = File { path: "crosswalks.json".to_owned(), text: text.to_owned().into() };
        let loaded = load(&Data { files: vec![file] });
        let record = load(&Data::embedded());

        let found = unknown(&loaded, Some(&record));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let wanted = "crosswalks.json:11: crosswalks/draft.mappings[1].from_code: `R99` is no \
                      priority of frameworks/ca-strategy-2019";
        assert_eq!(found, [wanted], "{:?}", loaded.problems);
        assert_eq!(unknown(&record, None), []);
    }
}
