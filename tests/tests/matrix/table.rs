//! The table of what is expected, as it stands in `table.txt`.

use std::collections::BTreeMap;

use crate::cells::{Cell, Outcome, Record, Who};

/// The expected outcome of every cell.
pub struct Table {
    /// By action and who calls.
    calls: BTreeMap<(String, String), String>,
    /// By the path of the method: its action, and what it does with a record.
    methods: BTreeMap<String, (String, String)>,
    /// By section, role, grant and proof: the highest tier by whose the record is, and `no` for
    /// none.
    most: BTreeMap<[String; 4], Vec<String>>,
}

impl Table {
    /// Reads it.
    pub fn read() -> Self {
        let mut table =
            Self { calls: BTreeMap::new(), methods: BTreeMap::new(), most: BTreeMap::new() };
        let (mut section, mut callers, mut standard) = ("", Vec::new(), Vec::new());
        for line in include_str!("table.txt").lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (section, words.as_slice()) {
                (_, [name]) if name.starts_with('[') => section = name,
                ("[calls]", ["#", "action", roles @ ..]) => callers = roles.to_vec(),
                (_, [] | ["#", ..]) => {}
                ("[calls]", [action, answers @ ..]) => table.calls(action, &callers, answers),
                ("[standard]", [does, methods @ ..]) => {
                    standard.extend(methods.iter().map(|method| (*does, *method)));
                }
                ("[resources]", [reads, writes, service, one, many]) => {
                    for (does, method) in &standard {
                        let action = if *does == "read" { reads } else { writes };
                        let method = method.replace("{one}", one).replace("{many}", many);
                        table.method(action, does, service, &method);
                    }
                }
                ("[methods]", [action, does, service, methods @ ..]) => {
                    for method in methods {
                        table.method(action, does, service, method);
                    }
                }
                ("[reads]" | "[writes]", [roles, grant, proof, tiers @ ..]) => {
                    assert_eq!(tiers.len(), 4, "{line}");
                    for role in roles.split(',') {
                        let tiers = tiers.iter().map(|tier| (*tier).to_owned()).collect();
                        let key = [section, role, grant, proof].map(ToOwned::to_owned);
                        assert!(table.most.insert(key, tiers).is_none(), "{line} is there twice");
                    }
                }
                _ => panic!("the table has no such line: {line}"),
            }
        }
        table
    }

    fn method(&mut self, action: &str, does: &str, service: &str, method: &str) {
        let path = format!("/{service}/{method}");
        let before = self.methods.insert(path, (action.to_owned(), does.to_owned()));
        assert!(before.is_none(), "{method} is there twice");
    }

    fn calls(&mut self, action: &str, callers: &[&str], answers: &[&str]) {
        assert_eq!(callers.len(), answers.len(), "{action}");
        for (caller, answer) in callers.iter().zip(answers) {
            self.calls.insert((action.to_owned(), (*caller).to_owned()), (*answer).to_owned());
        }
    }

    /// The paths of all methods in it.
    pub fn methods(&self) -> Vec<String> {
        self.methods.keys().cloned().collect()
    }

    /// Returns what a method does with a record; nothing where it is not in the table.
    pub fn does(&self, path: &str) -> &str {
        self.methods.get(path).map_or("", |(_, does)| does)
    }

    /// Returns whether the caller of a cell is let in, whatever the record.
    pub fn admits(&self, cell: &Cell) -> Outcome {
        let (action, _) = &self.methods[&cell.path];
        // What has ended is no grant.
        let who = if cell.who.grant == "ended" { "UNGRANTED" } else { &cell.who.role };
        match self.calls[&(action.clone(), who.to_owned())].as_str() {
            "yes" => Outcome::Answered,
            "token" => Outcome::TokenNeeded,
            "role" => Outcome::RoleNeeded,
            other => panic!("nobody knows what `{other}` means"),
        }
    }

    /// Returns the expected outcome of a cell.
    pub fn expects(&self, cell: &Cell) -> Outcome {
        let admitted = self.admits(cell);
        if admitted != Outcome::Answered {
            return admitted;
        }
        let (_, does) = &self.methods[&cell.path];
        let found = |record: &Record| self.reaches("[reads]", &cell.who, record);
        let granted = |record: &Record| self.reaches("[writes]", &cell.who, record);
        match (does.as_str(), &cell.record) {
            ("read" | "change", None) => Outcome::NotFound,
            ("read" | "change", Some(record)) if !found(record) => Outcome::NotFound,
            ("all", _) | ("read", Some(_)) => Outcome::Answered,
            ("create" | "change", Some(record)) if granted(record) => Outcome::Answered,
            ("create" | "change", Some(_)) => Outcome::NotGranted,
            (does, record) => panic!("nobody knows what it means to {does} {record:?}"),
        }
    }

    fn reaches(&self, section: &str, who: &Who, record: &Record) -> bool {
        let key = [section, &who.role, who.grant, who.proof].map(ToOwned::to_owned);
        let place =
            ["own", "other", "both", "none"].iter().position(|whose| *whose == record.whose);
        let most = &self.most[&key][place.expect("it is somebody's")];
        let tiers = ["no", "PUBLIC", "RESTRICTED", "CONFIDENTIAL", "SECRET"];
        let level = |tier: &str| tiers.iter().position(|known| *known == tier).expect("a tier");
        level(&record.tier) <= level(most)
    }
}
