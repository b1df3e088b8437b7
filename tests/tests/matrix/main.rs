//! Every method × every kind of caller × every kind of record, held against a table that was
//! written by hand.

mod admission;
mod cells;
mod creates;
mod invented;
mod records;
mod sample;
mod table;
mod wire;

use std::collections::BTreeMap;

use policy::rule::path;
use policy::{Denied, Rules};

use crate::cells::{Cell, NOW, Outcome, Record, THIS, Who};
use crate::table::Table;

/// The paths of all methods of the contract.
fn methods() -> Vec<String> {
    let services = api::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let mut paths: Vec<String> = methods.map(|method| path(&method)).collect();
    paths.sort();
    paths
}

/// Every cell of a method that does this with a record.
fn cells(path: &str, does: &str) -> Vec<Cell> {
    let mut records: Vec<Option<Record>> = Record::all().into_iter().map(Some).collect();
    match does {
        // What is created is not there before.
        "create" => {}
        "all" => records = vec![None],
        _ => records.push(None),
    }
    let who = Who::all().into_iter();
    who.flat_map(|who| {
        let records = records.clone().into_iter();
        records.map(move |record| Cell { path: path.to_owned(), who: who.clone(), record })
    })
    .collect()
}

/// Returns what the rules of the contract and the grants of the caller decide about a method that
/// does this with a record.
fn decided(rules: &Rules, does: &str, cell: &Cell) -> Outcome {
    let (caller, rule) = (cell.who.caller(), rules.get(&cell.path));
    match caller.call(rule.map(AsRef::as_ref), NOW) {
        Err(Denied::Anonymous) => return Outcome::TokenNeeded,
        Err(Denied::Role) => return Outcome::RoleNeeded,
        Err(Denied::NoRule) => return Outcome::NoRule,
        Ok(()) => {}
    }
    if does == "all" {
        return Outcome::Answered;
    }
    let Some(record) = &cell.record else { return Outcome::NotFound };
    let (tier, desks) = (record.tier(), record.desks());
    if does != "create" && !caller.clearance(NOW).sees(tier, desks, THIS) {
        return Outcome::NotFound;
    }
    let may_write = rule.is_some_and(|rule| caller.write(rule, tier, desks, THIS, NOW));
    if does == "read" || may_write { Outcome::Answered } else { Outcome::NotGranted }
}

#[test]
fn the_table_knows_every_method_of_the_contract() {
    assert_eq!(Table::read().methods(), methods());
}

#[test]
fn what_is_decided_is_what_the_table_says() {
    let (table, rules) = (Table::read(), Rules::of(api::descriptors()));
    let (mut outcomes, mut wrong) = (BTreeMap::new(), Vec::new());

    for path in methods() {
        let does = table.does(&path);
        for cell in cells(&path, does) {
            let (expected, decided) = (table.expects(&cell), decided(&rules, does, &cell));
            *outcomes.entry(format!("{expected:?}")).or_insert(0) += 1;
            if decided != expected {
                wrong.push(format!("{cell:?}: {decided:?} instead of {expected:?}"));
            }
        }
    }

    println!("{} methods, {} cells: {outcomes:?}", methods().len(), outcomes.values().sum::<i32>());
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(outcomes.values().sum::<i32>() > 10_000 && outcomes.len() == 5, "{outcomes:?}");
}
