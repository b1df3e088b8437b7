//! No circles: of two files of a crate that know each other none can be read alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::house::{files, read, root};

/// Circles that are left, each by its number of files. This list only gets shorter.
const LEFT: [(&str, &[usize]); 2] =
    [("crates/standard/src", &[2]), ("services/agreements/src", &[2])];

/// The number of files in circles.
const FILES_LEFT: usize = 4;

/// The modules of a crate, by path: `""` is the root, `server::edge` a file. For each those that it
/// names.
type Modules = BTreeMap<String, BTreeSet<String>>;

#[test]
fn files_do_not_know_each_other_in_circles() {
    let left: BTreeMap<&str, &[usize]> = LEFT.into_iter().collect();
    let mut found = Vec::new();
    for source in sources() {
        let circles = circles(&modules(&root().join(&source)));
        let mut sizes: Vec<usize> = circles.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        if sizes != left.get(&*source).copied().unwrap_or_default() {
            let circles = circles.iter().map(|circle| format!("{source}: {}", circle.join(", ")));
            found.push(format!("{source}: circles of {sizes:?} files"));
            found.extend(circles);
        }
    }

    assert_eq!(LEFT.iter().flat_map(|(_, sizes)| *sizes).sum::<usize>(), FILES_LEFT);
    assert!(found.is_empty(), "not as in the list of those that are left:\n{}", found.join("\n"));
}

/// The source folders of all crates.
fn sources() -> Vec<String> {
    let manifests = files(&root(), &["Cargo.toml"]);
    let folders = manifests.iter().filter_map(|manifest| manifest.parent());
    let sources = folders.map(|folder| folder.join("src")).filter(|source| source.is_dir());
    let base = root();
    let paths = sources.map(|source| source.strip_prefix(&base).map(Path::to_owned));
    paths.map(|path| path.expect("it is in the repository").display().to_string()).collect()
}

fn modules(source: &Path) -> Modules {
    let texts: BTreeMap<String, String> = files(source, &[".rs"])
        .iter()
        .map(|file| (name(file.strip_prefix(source).expect("it lies there")), read(file)))
        .collect();
    let known = |path: &str| texts.contains_key(path);
    let named = |(name, text): (&String, &String)| {
        let paths = paths(&production(text)).into_iter();
        let others = paths.filter_map(|path| resolved(&path, name, &known));
        (name.clone(), others.filter(|other| other != name).collect())
    };
    texts.iter().map(named).collect()
}

/// The path of the module that a file holds.
fn name(file: &Path) -> String {
    let file = file.with_extension("");
    let mut parts: Vec<_> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|part| ["mod", "lib", "main"].contains(&&**part)) {
        parts.pop();
    }
    parts.join("::")
}

/// A text without comments and without its tests, which may know everything.
fn production(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    // To pass the parts of a child on is not to know them.
    let passes_on = |line: &str| line.starts_with("pub") && line.contains(" use self::");
    let lines = code.lines().filter(|line| !passes_on(line));
    let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a text that begin in its crate, those of a `use` with braces one by one.
fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for begin in ["crate::", "super::", "self::"] {
        for (place, _) in text.match_indices(begin) {
            let before = text[..place].chars().next_back();
            let is_start =
                before.is_none_or(|letter| !letter.is_alphanumeric() && !"_:$".contains(letter));
            // `pub(in crate::server)` names nobody.
            if is_start && !text[..place].ends_with("(in ") {
                let end = text[place..].find(';').map_or(text.len(), |end| place + end);
                let path: String =
                    text[place..end].chars().filter(|it| !it.is_whitespace()).collect();
                found.extend(spread(&path).0);
            }
        }
    }
    found
}

/// Reads one path, which may spread in braces, and returns the paths and the rest of the text.
fn spread(text: &str) -> (Vec<String>, &str) {
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let end = text.find(|letter| !is_path(letter)).unwrap_or(text.len());
    let (begin, mut rest) = text.split_at(end);
    if !rest.starts_with('{') || !begin.ends_with("::") {
        return (vec![begin.to_owned()], rest);
    }
    let mut found = Vec::new();
    while rest.starts_with(['{', ',']) {
        let (inner, after) = spread(&rest[1..]);
        found.extend(inner.into_iter().map(|path| format!("{begin}{path}")));
        rest = after;
    }
    (found, rest.strip_prefix('}').unwrap_or(rest))
}

/// The module that a path in the module `name` leads to.
fn resolved(path: &str, name: &str, known: &impl Fn(&str) -> bool) -> Option<String> {
    let mut parts = path.split("::").peekable();
    let mut at: Vec<&str> = name.split("::").filter(|part| !part.is_empty()).collect();
    match parts.next()? {
        "crate" => at.clear(),
        "super" => {
            at.pop();
        }
        _ => {}
    }
    while parts.next_if_eq(&"super").is_some() {
        at.pop();
    }
    for part in parts {
        at.push(part);
        if !known(&at.join("::")) {
            at.pop();
            break;
        }
    }
    Some(at.join("::"))
}

/// The circles: in each, every module leads to every other.
fn circles(modules: &Modules) -> Vec<Vec<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        modules.keys().map(|name| (&**name, reached(name, modules))).collect();
    let mut circles = BTreeSet::new();
    for (name, reached) in &reach {
        let circle = reached.iter().filter(|other| reach[**other].contains(name));
        let circle: Vec<String> = circle.map(|&other| format!("`{other}`")).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// Every module that one leads to.
fn reached<'a>(name: &str, modules: &'a Modules) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = modules[name].iter().map(|other| &**other).collect();
    while let Some(next) = waiting.pop() {
        if found.insert(next) {
            waiting.extend(modules[next].iter().map(|other| &**other));
        }
    }
    found
}

#[test]
fn the_reader_finds_a_circle_through_braces_and_parents() {
    let text = "use crate::{a::{self, B}, c::d};\nfn f() { super::e::g(); }";
    let found = paths(&production(text));
    for path in ["crate::a::self", "crate::a::B", "crate::c::d", "super::e::g"] {
        assert!(found.iter().any(|it| it == path), "{path}: {found:?}");
    }

    let known = |path: &str| ["", "a", "a::b", "c"].contains(&path);
    assert_eq!(resolved("super::super::c::X", "a::b", &known).as_deref(), Some("c"));
    assert_eq!(resolved("super::Y", "a::b", &known).as_deref(), Some("a"));

    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let modules = [("a", set(&["b"])), ("b", set(&["c"])), ("c", set(&["a"])), ("d", set(&["a"]))];
    let modules = modules.map(|(name, others)| (name.to_owned(), others)).into();
    assert_eq!(circles(&modules), [["`a`", "`b`", "`c`"]]);
}
